import { hostname } from 'node:os';
import { types } from 'node:util';
import { connect } from '@irqmesh/client';
import type { ClientLog, IrqMeshClient, Registration } from '@irqmesh/client';
import { IrqBypassError } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import { hostNameOf } from '@irqmesh/inventory';
import { natsCredentials } from '@irqmesh/platform/nats';
import { CommandError, ExitCode } from '../command-error.ts';
import { withMesh } from '../connection.ts';
import { formatClock } from '../output/event-line.ts';
import { CallbackTeller } from './callback-teller.ts';

export interface RegisterOptions {
  readonly side: Side;
  readonly token: string;
  /** Of a producer. */
  readonly irq: number | undefined;
  readonly id: string | undefined;
  readonly host: string | undefined;
  /** What the side's add callback returns. */
  readonly result: number;
  readonly deadlineMs: number | undefined;
}

/** Registers, shows each callback as it runs, and unregisters at Ctrl-C. */
export async function runRegister(options: RegisterOptions): Promise<void> {
  const stopped = stopSignal();
  const client = await openClient(options.host ?? hostNameOf(hostname()));
  try {
    tellEvents(client);
    tell(`session ${client.session ?? '?'} of host ${client.host} is open`);
    const teller = new CallbackTeller(options.side, options.result, tell);
    const registration = await Promise.race([register(client, options, teller), stopped.then(() => undefined)]);
    if (registration === undefined) {
      process.exitCode = ExitCode.INTERRUPTED;
      return;
    }
    tell(`registered ${options.side} ${client.host}/${registration.participant.id}: ${teller.standing()}`);
    process.stderr.write('irqmesh: Ctrl-C unregisters it\n');
    await stopped;
    tell('unregistering');
    await registration.unregister();
    tell('unregistered');
  } finally {
    await client.close();
  }
}

function tell(line: string): void {
  process.stdout.write(`${formatClock(Date.now())} ${line}\n`);
}

/** Resolves at the first Ctrl-C or SIGTERM; the second one ends the process, as it does without a handler. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

async function openClient(host: string): Promise<IrqMeshClient> {
  // The SDK waits for a server that may come; a person wants to know at once that there is none.
  const { nats } = await withMesh('register', (mesh) => Promise.resolve(mesh));
  try {
    return await connect({ servers: nats.servers, host, nats: await natsCredentials(nats), log: warnings });
  } catch (error) {
    if (error instanceof IrqBypassError || !types.isNativeError(error)) throw error;
    throw new CommandError(`no session can be opened at ${nats.servers.join(', ')}: ${innermost(error)}`, ExitCode.UNAVAILABLE, { cause: error });
  }
}

/** The client's errors have the words of the real one in their cause. */
function innermost(error: Error): string {
  if (types.isNativeError(error.cause) && error.name !== 'Error') return innermost(error.cause);
  return error.message === '' ? error.name : error.message;
}

const warnings: ClientLog = {
  warn: (message, { error }) => void process.stderr.write(`irqmesh: ${message}${types.isNativeError(error) ? `: ${error.message}` : ''}\n`),
};

function register(client: IrqMeshClient, options: RegisterOptions, teller: CallbackTeller): Promise<Registration> {
  const { side, token, irq = 0, id = `cli-${process.pid}`, deadlineMs } = options;
  const common = { id, token, ...(deadlineMs === undefined ? {} : { callbackDeadlineMs: deadlineMs }) };
  const quiesce = { stop: teller.stop, start: teller.start };
  if (side === 'producer') return client.registerProducer({ ...common, ...quiesce, irq, addConsumer: teller.add, delConsumer: teller.del });
  return client.registerConsumer({ ...common, ...quiesce, addProducer: teller.add, delProducer: teller.del });
}

function tellEvents(client: IrqMeshClient): void {
  client.on('sessionLost', ({ session, reason, reopening }) => tell(`session ${session} is lost (${reason.replaceAll('_', ' ')})${reopening ? '; opening the next one' : ''}`));
  client.on('sessionOpened', ({ session }) => tell(`session ${session} is open`));
  client.on('registrationRestored', () => tell('registered again under the new session'));
  client.on('registrationLost', ({ restoring, error }) => {
    if (!restoring) tell(`the registration is over${error === undefined ? '' : `: ${error.message}`}`);
  });
  client.on('disconnected', ({ server }) => tell(`lost the connection to ${server}`));
  client.on('reconnected', ({ server }) => tell(`connected to ${server} again`));
}

