import { setTimeout as sleep } from 'node:timers/promises';
import { connect, IrqBypassError } from '@irqmesh/client';
import type { Consumer, ConsumerCallbacks, IrqMeshClient, Peer, Producer, ProducerCallbacks } from '@irqmesh/client';
import { Errno } from '@irqmesh/domain';
import { Stack } from '@irqmesh/test-e2e';
import { AddFaults } from './faults.ts';
import type { Target } from './target.ts';
import type { FinalParticipant, Observation, Operation, TraceCase, TraceEntry, TracedCall } from './trace.ts';

/** Real NATS, the three services as processes, and the SDK's callbacks in this process. */
export class StackTarget implements Target {
  readonly name = 'stack';
  // Allocation faults cannot be made in a service from outside; null tokens are refused, as in v4.7 to v6.16.
  readonly skipTags = ['null_token', 'alloc'];
  private readonly stack: Stack;
  private readonly client: IrqMeshClient;
  private cases = 0;

  private constructor(stack: Stack, client: IrqMeshClient) {
    this.stack = stack;
    this.client = client;
  }

  static async start(): Promise<StackTarget> {
    const stack = await Stack.start();
    try {
      // The kernel's warnings are part of what is compared; they need not be printed as well.
      return new StackTarget(stack, await connect({ servers: stack.nats.url, host: 'conformance', log: { warn: () => {} } }));
    } catch (error) {
      await stack.close();
      throw error;
    }
  }

  async run(trace: TraceCase): Promise<Observation> {
    this.cases += 1;
    const run = new StackRun(trace, this.client, `case-${this.cases}/`);
    const entries: TraceEntry[] = [];
    for (const [index, operation] of trace.ops.entries()) entries.push(await run.perform(operation, index));
    const final = await run.final();
    await run.close();
    return { trace: entries, final };
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.stack.close();
  }
}

/** One case: its tokens and participants carry a prefix, so that cases do not meet. */
class StackRun {
  private readonly client: IrqMeshClient;
  private readonly prefix: string;
  private readonly producers = new Map<string, Producer>();
  private readonly consumers = new Map<string, Consumer>();
  private readonly faults = new AddFaults();
  private readonly stopListening: () => void;
  private calls: TracedCall[] = [];
  private warned = false;

  constructor(trace: TraceCase, client: IrqMeshClient, prefix: string) {
    this.client = client;
    this.prefix = prefix;
    this.stopListening = client.on('warning', () => (this.warned = true));
    for (const [id, { side, callbacks }] of Object.entries(trace.participants)) {
      const options = { id: prefix + id, ...this.callbacks(id, callbacks) };
      if (side === 'producer') this.producers.set(id, client.producer(options));
      else this.consumers.set(id, client.consumer(options));
    }
  }

  async perform(operation: Operation, index: number): Promise<TraceEntry> {
    this.calls = [];
    this.warned = false;
    const ret = await this.execute(operation);
    const entry = { op: index, calls: this.calls, ret };
    return this.warned ? { ...entry, warn: true } : entry;
  }

  async final(): Promise<Observation['final']> {
    const producers: Record<string, FinalParticipant> = {};
    const consumers: Record<string, FinalParticipant> = {};
    const registered = await this.agreed();
    for (const [id, producer] of this.producers) producers[id] = { ...(registered.producer.get(id) ?? NOT_REGISTERED), irq: producer.irq };
    for (const id of this.consumers.keys()) consumers[id] = registered.consumer.get(id) ?? NOT_REGISTERED;
    return { producers, consumers };
  }

  /** Leaves nothing behind for the next case. */
  async close(): Promise<void> {
    // The last operation's calls are told already; those of the clean-up belong to none.
    this.calls = [];
    await Promise.all([...this.producers.values(), ...this.consumers.values()].map((participant) => participant.unregister()));
    this.stopListening();
  }

  private async execute(operation: Operation): Promise<number | null> {
    switch (operation.op) {
      case 'register_producer':
        return resultOf(this.producers.get(operation.id)!.register(this.prefix + operation.token, operation.irq));
      case 'register_consumer':
        return resultOf(this.consumers.get(operation.id)!.register(this.prefix + operation.token));
      case 'unregister_producer':
        await this.producers.get(operation.id)!.unregister();
        return null;
      case 'unregister_consumer':
        await this.consumers.get(operation.id)!.unregister();
        return null;
      case 'fail_next_add':
        this.faults.arm(operation.id, operation.ret, operation.count);
        return null;
      case 'fail_next_alloc':
        throw new Error('an allocation fault cannot be made from outside; skip the tag "alloc"');
    }
  }

  /** What both registries list: one may be a moment behind the other, which has answered the last operation. */
  private async agreed(): Promise<Record<'producer' | 'consumer', Map<string, FinalParticipant>>> {
    for (const untilMs = performance.now() + AGREE_WITHIN_MS; ; await sleep(AGREE_POLL_MS)) {
      const registered = { producer: await this.registered('producer'), consumer: await this.registered('consumer') };
      if (pairedTokens(registered.producer) === pairedTokens(registered.consumer) || performance.now() > untilMs) return registered;
    }
  }

  /** What the side's registry lists of this case, by the golden id. */
  private async registered(side: 'producer' | 'consumer'): Promise<Map<string, FinalParticipant>> {
    const found = new Map<string, FinalParticipant>();
    for await (const { participant, token, peer } of this.client.list(side, { tokenPrefix: this.prefix })) {
      found.set(this.goldenId(participant.id), { registered: true, token: this.goldenId(token), peer: peer === undefined ? null : this.goldenId(peer.id) });
    }
    return found;
  }

  private callbacks(id: string, names: readonly string[]): ProducerCallbacks & ConsumerCallbacks {
    const record = (name: string) => (peer: Peer): number => {
      const peerId = this.goldenId(peer.participant.id);
      if (!name.includes('_')) this.calls.push([id, name]);
      else if (name.startsWith('del')) this.calls.push([id, name, peerId]);
      else return this.add(id, name, peerId);
      return 0;
    };
    return Object.fromEntries(names.map((name) => [SDK_NAMES[name], record(name)]));
  }

  private add(id: string, name: string, peer: string): number {
    const result = this.faults.next(id);
    this.calls.push([id, name, peer, result]);
    return result;
  }

  private goldenId(name: string): string {
    return name.slice(this.prefix.length);
  }
}

/** Far longer than an event takes to a registry. */
const AGREE_WITHIN_MS = 5_000;
const AGREE_POLL_MS = 10;

const NOT_REGISTERED: FinalParticipant = { registered: false, token: null, peer: null };

function pairedTokens(registered: ReadonlyMap<string, FinalParticipant>): string {
  const tokens = [...registered.values()].flatMap(({ token, peer }) => (peer === null ? [] : [token ?? '']));
  return tokens.sort((a, b) => a.localeCompare(b)).join(' ');
}

/** The SDK's names for the kernel's. */
const SDK_NAMES: Readonly<Record<string, string>> = {
  stop: 'stop',
  start: 'start',
  add_consumer: 'addConsumer',
  del_consumer: 'delConsumer',
  add_producer: 'addProducer',
  del_producer: 'delProducer',
};

/** 0, or the errno that a registration was refused or failed with. An outcome that is not known fails the run. */
async function resultOf(registering: Promise<unknown>): Promise<number> {
  try {
    await registering;
    return 0;
  } catch (error) {
    if (error instanceof IrqBypassError && error.errno !== Errno.ETIMEDOUT) return error.errno;
    throw error;
  }
}
