// A host's agent as a process of its own: the SDK, and participants that register and unregister at random until they
// are told to end. Everything that it does it tells on its standard output; see `told.ts`.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@irqmesh/client';
import type { IrqMeshClient } from '@irqmesh/client';
import { SystemClock } from '@irqmesh/domain/system';
import { Device, Lane, SeededRandom } from '@irqmesh/test-load';
import { momentNow } from '../run/moments.ts';
import { END_LOAD } from './agent-options.ts';
import type { AgentOptions } from './agent-options.ts';
import { TellingRecorder } from './telling-recorder.ts';
import type { Told } from './told.ts';

const CONNECT_AGAIN_MS = 250;

const options = JSON.parse(process.argv[2]!) as AgentOptions;
const { host, incarnation, callbackFaults } = options;
const clock = new SystemClock();
const random = new SeededRandom(options.seed);
const recorder = new TellingRecorder(tell);
let isOver = false;

/** A pipe is written to at once on Linux: a kill loses nothing of it. */
function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** NATS may be cut off just now; an agent goes on trying. */
async function connectUntilItWorks(): Promise<IrqMeshClient> {
  const { natsUrl, autoReopen, requestTimeoutMs } = options;
  for (;;) {
    try {
      return await connect({ servers: natsUrl, host, autoReopen, requestTimeoutMs, log: { warn: (message) => process.stderr.write(`${message}\n`) } });
    } catch (error) {
      process.stderr.write(`cannot connect: ${(error as Error).message}\n`);
      await sleep(CONNECT_AGAIN_MS);
    }
  }
}

function listen(client: IrqMeshClient): void {
  const of = () => ({ agent: incarnation, host, at: momentNow() });
  client.on('sessionOpened', ({ session }) => tell({ told: 'turn', turn: { ...of(), kind: 'opened', session } }));
  client.on('sessionLost', ({ session }) => tell({ told: 'turn', turn: { ...of(), kind: 'lost', session } }));
  client.on('registrationLost', ({ side, id, token, restoring }) => tell({ told: 'turn', turn: { ...of(), kind: 'registration_lost', side, participant: id, token, restoring } }));
  client.on('registrationRestored', ({ side, id, token }) => tell({ told: 'turn', turn: { ...of(), kind: 'registration_restored', side, participant: id, token } }));
}

function crash(): void {
  tell({ told: 'crash' });
  process.kill(process.pid, 'SIGKILL');
}

const ended = createInterface({ input: process.stdin });
ended.on('line', (line) => void (isOver ||= line === END_LOAD));
// Whoever started it is gone.
ended.on('close', () => process.exit());

const client = await connectUntilItWorks();
// The first session was open before anybody could listen.
if (client.session !== undefined) tell({ told: 'turn', turn: { agent: incarnation, host, at: momentNow(), kind: 'opened', session: client.session } });
listen(client);
const life = { name: incarnation, isAlive: true };
const faults = { strikes: (fault: keyof typeof callbackFaults, source: SeededRandom) => !isOver && source.chance(callbackFaults[fault]) };
const device = new Device({ host, life, clock, random: random.fork('callbacks'), faults, recorder, trace: () => {}, crash });
const lanes = options.lanes.map((shape) =>
  new Lane({ shape, host, client, life, clock, random: random.fork(`${shape.side} ${shape.participant}`), recorder, trace: () => {}, device, isOver: () => isOver }).run(),
);
await Promise.all(lanes.map((lane) => lane.catch((error: unknown) => tell({ told: 'surprise', sentence: error instanceof Error ? (error.stack ?? error.message) : String(error) }))));
tell({ told: 'idle' });
