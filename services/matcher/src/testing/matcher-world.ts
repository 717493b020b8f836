import { callbackSet, CALLBACKS } from '@irqmesh/domain';
import type { Callback, CallbackRun, EventBody, LogEvent, Side } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import { InMemoryEventLog } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { InMemoryBucket, InMemoryReadModel } from '@irqmesh/registry';
import type { InvokeCaller } from '../matcher/invoke-caller.ts';
import { MatcherNode } from '../matcher/matcher-node.ts';

export const TOKEN = 'host-a/boot-1/eventfd-42';
export const LEASE_TTL_MS = 4_000;

/** How a test's agents answer an invoke; undefined leaves it unanswered. */
export type Answer = (item: InvokeItemMessage) => InvokeOutcomeMessage | undefined | Promise<InvokeOutcomeMessage | undefined>;

/** Runs every step with result 0. */
export const succeed: Answer = (item) => done(item.steps.map((callback) => run(item.side, callback)));

export function done(runs: readonly CallbackRun[]): InvokeOutcomeMessage {
  return { status: 'done', runs, message: '' };
}

export function run(side: Side, callback: Callback, result = 0): CallbackRun {
  return { side, callback, result, durationUs: 1, skipped: false };
}

/** Matchers on one log, on a clock that the test moves; everything but the registries is the real code. */
export class MatcherWorld implements InvokeCaller {
  readonly clock = new ManualClock();
  readonly log = new InMemoryEventLog();
  readonly leases = new InMemoryBucket(this.clock, LEASE_TTL_MS);
  /** Every call that reached a side: `consumer stop,add_producer` or `consumer rollback`. */
  readonly calls: string[] = [];
  answer: Answer = succeed;
  maxDrivenOperations = 100;
  private readonly nodes = new Set<MatcherNode>();
  private ids = 0;

  /** @param log what the matcher reads and writes by; the world's own log unless given. */
  async start(instance: string, log: EventLog = this.log): Promise<MatcherNode> {
    const settings = { instance, acceptDataLoss: false, stallAfterMs: 10_000, maxDrivenOperations: this.maxDrivenOperations };
    const ports = { log, readModel: new InMemoryReadModel(), leases: this.leases, registries: this, clock: this.clock };
    const node = new MatcherNode(settings, ports, {
      onFatal: (error) => {
        throw error;
      },
      onWarning: () => {},
    });
    this.nodes.add(node);
    await node.start();
    await this.clock.settle();
    return node;
  }

  async stop(node: MatcherNode): Promise<void> {
    this.nodes.delete(node);
    await node.close();
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.close();
  }

  async invoke(_side: Side, items: readonly InvokeItemMessage[]): Promise<readonly InvokeOutcomeMessage[] | undefined> {
    for (const item of items) this.calls.push(`${item.side} ${item.rollback ? 'rollback' : item.steps.join(',')}`);
    const outcomes = await Promise.all(items.map(async (item) => this.answer(item)));
    return outcomes.some((outcome) => outcome === undefined) ? undefined : (outcomes as InvokeOutcomeMessage[]);
  }

  async append(body: EventBody, expectedLastSequence?: number, token: string = TOKEN): Promise<number> {
    const result = await this.log.append({ event: { id: `e${++this.ids}`, token, timeMs: 0, source: 'test', body }, expectedLastSequence });
    if (result.kind !== 'appended') throw new Error(`the test's event was not appended: ${result.kind}`);
    await this.clock.settle();
    return result.sequence;
  }

  /** A producer registers, with all callbacks unless told otherwise. */
  registerProducer(callbacks: readonly Callback[] = CALLBACKS.producer, expectedLastSequence = 0): Promise<number> {
    const participant = { host: 'host-a', session: 's1', id: 'vector-1' };
    const details = { participant, callbacks: callbackSet('producer', callbacks), deadlineMs: 1_000, requestId: `p${++this.ids}` };
    return this.append({ type: 'ProducerRegistered', irq: 56, ...details }, expectedLastSequence);
  }

  registerConsumer(callbacks: readonly Callback[] = CALLBACKS.consumer, expectedLastSequence = 0): Promise<number> {
    const participant = { host: 'host-b', session: 's2', id: 'irqfd-1' };
    const details = { participant, callbacks: callbackSet('consumer', callbacks), deadlineMs: 1_000, requestId: `c${++this.ids}` };
    return this.append({ type: 'ConsumerRegistered', ...details }, expectedLastSequence);
  }

  /** A producer without callbacks and a consumer register with a token of their own: a connect that takes one call. */
  async openConnect(token: string): Promise<void> {
    const common = { callbacks: callbackSet('consumer', CALLBACKS.consumer), deadlineMs: 1_000 };
    await this.append({ type: 'ConsumerRegistered', participant: { host: 'host-b', session: 's2', id: token }, requestId: `c-${token}`, ...common }, 0, token);
    await this.append({ type: 'ProducerRegistered', irq: 1, participant: { host: 'host-a', session: 's1', id: token }, requestId: `p-${token}`, ...common, callbacks: callbackSet('producer', []) }, 0, token);
  }

  /** The registration's end stands in the log. */
  leave(side: Side, registrationSequence: number, reason: 'requested' | 'session_expired'): Promise<number> {
    const [host, session, id] = side === 'producer' ? ['host-a', 's1', 'vector-1'] : ['host-b', 's2', 'irqfd-1'];
    const common = { participant: { host: host!, session: session!, id: id! }, registrationSequence, registrationRequestId: 'any', requestId: `u${++this.ids}`, reason };
    const type = side === 'producer' ? 'ProducerUnregistered' : 'ConsumerUnregistered';
    return this.append({ type, ...common }, registrationSequence);
  }

  async events(token: string = TOKEN): Promise<LogEvent[]> {
    return this.log.readToken(token, { fromSequence: 1, limit: 1_000 });
  }

  async last(): Promise<EventBody> {
    return (await this.events()).at(-1)!.body;
  }
}
