import { IrqMeshClient } from '@irqmesh/client/core';
import type { HostLoad } from '../load/host-load.ts';
import type { ClockError, ProcessClock } from '../time/process-clock.ts';
import { SimSessionBucket } from '../world/sim-buckets.ts';
import { SimAgentEndpoint, SimRegistryCaller } from '../world/sim-calls.ts';
import { Seat } from '../world/seat.ts';
import type { World } from '../world/world.ts';
import { SimProcess } from './sim-process.ts';

const SHORTEST_RESTART_MS = 50;
/** Well after the session of the run before has been expired. */
const LONGEST_RESTART_MS = 25_000;

export interface AgentSettings {
  readonly autoReopen: boolean;
  readonly requestTimeoutMs: number;
}

/** One host's agent: the SDK, and the load that uses it. */
export class AgentProcess extends SimProcess {
  readonly host: string;
  private readonly settings: AgentSettings;
  private readonly load: HostLoad;
  private client: IrqMeshClient | undefined;

  constructor(world: World, host: string, settings: AgentSettings, load: HostLoad, clockError: ClockError) {
    super(world, host, clockError);
    this.host = host;
    this.settings = settings;
    this.load = load;
  }

  /** The session that it holds at the moment. */
  get session(): string | undefined {
    return this.life.isAlive ? this.client?.session : undefined;
  }

  /** Whether it opens a session by itself when it has none. */
  get expectsSession(): boolean {
    return this.life.isAlive && this.settings.autoReopen;
  }

  /** SIGKILL, and started again, before its session has been expired or after. @returns whether it ran. */
  crash(): boolean {
    return this.kill(this.world.random.between(SHORTEST_RESTART_MS, LONGEST_RESTART_MS));
  }

  override pause(forMs: number): boolean {
    if (!super.pause(forMs)) return false;
    this.world.recorder.turned({ agent: this.life.name, host: this.host, kind: 'paused' });
    return true;
  }

  protected begin(clock: ProcessClock): void {
    const { world, life, host } = this;
    const seat = new Seat(world, this.node, life, clock, { fault: 'agent_crash_at_call', kill: () => this.crash() });
    const ports = {
      bucket: new SimSessionBucket(seat, world.sessions),
      clock,
      random: world.random.fork(life.name),
      caller: new SimRegistryCaller(seat, host),
      endpoint: new SimAgentEndpoint(seat, host),
    };
    const log = { warn: (message: string) => world.trace.write(life.name, `warns: ${message}`) };
    const client = new IrqMeshClient({ host, log, ...this.settings }, ports, { close: async () => {} });
    this.client = client;
    this.listen(client);
    client.start().then(
      () => {
        if (life.isAlive) this.load.run(client, life, clock, () => this.crash());
      },
      (error: Error) => {
        world.trace.write(life.name, `cannot start: ${error.message}`);
        if (this.life === life) this.crash();
      },
    );
  }

  protected override killed(): void {
    this.world.recorder.turned({ agent: this.life.name, host: this.host, kind: 'killed' });
  }

  private listen(client: IrqMeshClient): void {
    const { world, life, host } = this;
    const { recorder, trace } = world;
    const of = { agent: life.name, host };
    client.on('sessionOpened', ({ session }) => {
      trace.write(life.name, `opened session ${session}`);
      recorder.turned({ ...of, kind: 'opened', session });
    });
    client.on('sessionLost', ({ session, reason }) => {
      trace.write(life.name, `lost session ${session}: ${reason}`);
      recorder.turned({ ...of, kind: 'lost', session });
    });
    client.on('registrationLost', ({ side, id, token, restoring, error }) => {
      trace.write(life.name, `lost ${side} ${id} ${token}${restoring ? ', restoring it' : ''}${error === undefined ? '' : `: ${error.message}`}`);
      recorder.turned({ ...of, kind: 'registration_lost', side, participant: id, token, restoring });
    });
    client.on('registrationRestored', ({ side, id, token }) => {
      trace.write(life.name, `restored ${side} ${id} ${token}`);
      recorder.turned({ ...of, kind: 'registration_restored', side, participant: id, token });
    });
  }
}
