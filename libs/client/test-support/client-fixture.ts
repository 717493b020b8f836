import { IrqBypassError } from '@irqmesh/domain';
import type { Random, Side } from '@irqmesh/domain';
import type { ManualClock } from '@irqmesh/domain/testing';
import type { RegistryReplyMessage } from '@irqmesh/protocol';
import { NoAnswerError } from '../src/calls/registry-caller.ts';
import type { RegistryCaller } from '../src/calls/registry-caller.ts';
import { IrqMeshClient } from '../src/client.ts';
import type { ClientEvents } from '../src/events.ts';
import type { ClientOptions } from '../src/options.ts';
import { MemorySessionBucket } from '../src/session/memory-session-bucket.ts';
import type { CallLog } from './agent-fixture.ts';
import type { MiniMesh } from './mini-mesh.ts';

/** Counts: ids are `<prefix>1`, `<prefix>2`, …, and chance always says the same. */
export class CountingRandom implements Random {
  private readonly prefix: string;
  private count = 0;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  id(): string {
    return `${this.prefix}${++this.count}`;
  }

  fraction(): number {
    return 0.5;
  }
}

type Verb = 'register' | 'unregister' | 'result';

/**
 * What becomes of one request: `deliver`; `lose_reply`: carried out, the reply lost; `lose_request`; `nobody`: no
 * registry is there; `refuse_late`: the connection breaks, and a copy arrives after `copyAfterMs` all the same.
 */
export type Fault = 'deliver' | 'lose_reply' | 'lose_request' | 'nobody' | { readonly copyAfterMs: number };

export interface Sent {
  readonly verb: Verb;
  readonly side: Side;
  readonly atMs: number;
  readonly requestIds: readonly string[];
}

interface AnyBatch {
  readonly items: readonly { readonly requestId: string }[];
}

/** The registries behind a network that loses, delays and repeats as scripted; each script line is used once. */
export class FaultyCaller implements RegistryCaller {
  readonly sent: Sent[] = [];
  readonly script: Record<Verb, Fault[]> = { register: [], unregister: [], result: [] };
  readonly register: RegistryCaller['register'];
  readonly unregister: RegistryCaller['unregister'];
  readonly result: RegistryCaller['result'];
  readonly list: RegistryCaller['list'];
  readonly get: RegistryCaller['get'];
  private readonly clock: ManualClock;

  constructor(inner: RegistryCaller, clock: ManualClock) {
    this.clock = clock;
    this.register = (side, batch, timeoutMs) => this.pass('register', side, batch, timeoutMs, () => inner.register(side, batch, timeoutMs));
    this.unregister = (side, batch, timeoutMs) => this.pass('unregister', side, batch, timeoutMs, () => inner.unregister(side, batch, timeoutMs));
    this.result = (side, batch, timeoutMs) => this.pass('result', side, batch, timeoutMs, () => inner.result(side, batch, timeoutMs));
    this.list = (side, request, timeoutMs) => inner.list(side, request, timeoutMs);
    this.get = (side, token, timeoutMs) => inner.get(side, token, timeoutMs);
  }

  verbs(): Verb[] {
    return this.sent.map(({ verb }) => verb);
  }

  private pass(verb: Verb, side: Side, batch: AnyBatch, timeoutMs: number, deliver: () => Promise<RegistryReplyMessage>): Promise<RegistryReplyMessage> {
    this.sent.push({ verb, side, atMs: this.clock.monotonicMs(), requestIds: batch.items.map(({ requestId }) => requestId) });
    const fault = this.script[verb].shift() ?? 'deliver';
    if (fault === 'deliver') return deliver();
    if (fault === 'nobody') return Promise.reject(new NoAnswerError('no registry is running', false));
    if (typeof fault === 'object') {
      this.clock.after(fault.copyAfterMs, () => void deliver());
      return Promise.reject(new NoAnswerError('the connection broke', true));
    }
    if (fault === 'lose_reply') void deliver();
    return new Promise((_resolve, reject) => {
      this.clock.after(timeoutMs, () => reject(new NoAnswerError('the registry did not answer', true)));
    });
  }
}

export const TTL_MS = 10_000;

/** A client of one host, over a mini mesh. */
export class TestHost {
  readonly client: IrqMeshClient;
  readonly caller: FaultyCaller;
  readonly bucket: MemorySessionBucket & { broken: boolean };
  /** What the client told, in order: the event's name, and of registrations side, id and what became of them. */
  readonly told: string[] = [];
  readonly warnings: string[] = [];

  static async start(host: string, clock: ManualClock, mesh: MiniMesh, options: Partial<ClientOptions> = {}): Promise<TestHost> {
    const made = new TestHost(host, clock, mesh, options);
    await made.client.start();
    return made;
  }

  private constructor(host: string, clock: ManualClock, mesh: MiniMesh, options: Partial<ClientOptions>) {
    this.bucket = breakable(clock);
    this.caller = new FaultyCaller(mesh.caller(host), clock);
    const ports = { bucket: this.bucket, clock, random: new CountingRandom(`${host}x`), caller: this.caller, endpoint: mesh.endpoint(host) };
    const log = { warn: (message: string) => void this.warnings.push(message) };
    this.client = new IrqMeshClient({ host, log, ...options }, ports, { close: async () => {} });
    const names: (keyof ClientEvents)[] = ['sessionOpened', 'sessionLost', 'registrationLost', 'registrationRestored', 'callbackError', 'warning'];
    for (const name of names) this.client.on(name, (event) => this.told.push(describe(name, event)));
  }
}

function describe<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): string {
  const { side, id, reason, restoring, replaces } = event as { side?: string; id?: string; reason?: string; restoring?: boolean; replaces?: string };
  const what = restoring === undefined ? '' : restoring ? ' restoring' : ' for good';
  return [name, side, id, reason, replaces].filter((word) => word !== undefined).join(' ') + what;
}

/** A bucket that can be cut off: then nothing is stored, and it does not answer. */
function breakable(clock: ManualClock): MemorySessionBucket & { broken: boolean } {
  const bucket = Object.assign(new MemorySessionBucket(clock, TTL_MS), { broken: false });
  for (const method of ['create', 'update', 'get'] as const) {
    const work = bucket[method].bind(bucket) as (...args: unknown[]) => Promise<unknown>;
    const whole = (...args: unknown[]): Promise<unknown> => (bucket.broken ? Promise.reject(new Error('no connection')) : work(...args));
    Object.assign(bucket, { [method]: whole });
  }
  return bucket;
}

/** Every callback of a producer, written down in a log. */
export function producerOf(log: CallLog, id: string) {
  const table = log.table(id, ['stop', 'start', 'add_consumer', 'del_consumer']);
  return { id, stop: table.stop!, start: table.start!, addConsumer: table.add_consumer!, delConsumer: table.del_consumer! };
}

/** Every callback of a consumer, written down in a log. */
export function consumerOf(log: CallLog, id: string) {
  const table = log.table(id, ['stop', 'start', 'add_producer', 'del_producer']);
  return { id, stop: table.stop!, start: table.start!, addProducer: table.add_producer!, delProducer: table.del_producer! };
}

/** Lets time pass until the promise is settled; its value, or the errno of what it was rejected with. */
export async function settledIn<T>(clock: ManualClock, promise: Promise<T>, withinMs = 60_000): Promise<T | number> {
  const outcome = { done: false };
  const watched = promise.then((value) => value, (error: unknown) => {
    if (error instanceof IrqBypassError) return error.errno;
    throw error;
  }).finally(() => (outcome.done = true));
  await clock.settle();
  for (let passedMs = 0, stepMs = 10; !outcome.done && passedMs < withinMs; passedMs += stepMs) {
    stepMs = passedMs < 200 ? 10 : 100;
    await clock.advance(stepMs);
  }
  return watched;
}
