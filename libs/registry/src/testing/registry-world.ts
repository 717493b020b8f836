import { callbackSet, CALLBACKS, holdingsDigest } from '@irqmesh/domain';
import type { EventBody, LogEvent, Random, Side } from '@irqmesh/domain';
import { ManualClock } from '@irqmesh/domain/testing';
import { InMemoryEventLog } from '@irqmesh/event-log';
import type { InMemoryEventLogOptions } from '@irqmesh/event-log';
import {
  decodeRegistryReply, encodeRegisterRequest, encodeResultRequest, encodeSessionRecord, encodeUnregisterRequest, registrySubject, sessionBucketKey,
} from '@irqmesh/protocol';
import type { InvokeItemMessage, InvokeOutcomeMessage, ItemOutcomeMessage } from '@irqmesh/protocol';
import type { AgentCaller, AgentHoldings } from '../agents/agent-caller.ts';
import { InMemoryBucket } from '../buckets/in-memory-bucket.ts';
import { InMemoryReadModel } from '../read-model/in-memory-read-model.ts';
import { RegistryNode } from '../registry-node.ts';
import type { RegistryLimits } from '../registry/limits.ts';
import { BucketSessionDirectory } from '../sessions/bucket-session-directory.ts';
import { GatedLog } from './gated-log.ts';

export const HOST = 'host-a';
export const SESSION_TTL_MS = 10_000;
/** Out of the way unless a test is about them. */
const LIMITS: RegistryLimits = { maxTokens: 100, maxSessions: 100, maxRegistrationsPerSession: 100, maxOpenOperations: 100, maxItemsUnderWay: 100 };

/** The agents of a test: what each session's holds, and how it answers invokes. */
class ScriptedAgents implements AgentCaller {
  readonly held = new Map<string, AgentHoldings>();
  answer: (item: InvokeItemMessage) => InvokeOutcomeMessage | undefined = () => undefined;

  async invoke(_session: unknown, items: readonly InvokeItemMessage[]): Promise<readonly InvokeOutcomeMessage[] | undefined> {
    const outcomes = items.map((item) => this.answer(item));
    return outcomes.some((outcome) => outcome === undefined) ? undefined : (outcomes as InvokeOutcomeMessage[]);
  }

  async holdings({ session }: { readonly session: string }): Promise<AgentHoldings | undefined> {
    return this.held.get(session);
  }
}

/** The registries of a test on one log, on a clock that the test moves. Everything but the agents is the real code. */
export class RegistryWorld {
  readonly clock = new ManualClock();
  readonly log: InMemoryEventLog;
  readonly bucket = new InMemoryBucket(this.clock, SESSION_TTL_MS);
  readonly agents = new ScriptedAgents();
  readonly warnings: string[] = [];
  private readonly nodes: RegistryNode[] = [];
  private ids = 0;

  constructor(options: InMemoryEventLogOptions = {}) {
    this.log = new InMemoryEventLog(options);
  }

  /** Starts one more instance of a side's registry. */
  async start(side: Side, limits: Partial<RegistryLimits> = {}): Promise<RegistryUnderTest> {
    const log = new GatedLog(this.log);
    const random: Random = { id: () => `id${++this.ids}`, fraction: () => 0 };
    const onWarning = (message: string): void => void this.warnings.push(message);
    const ports = { log, clock: this.clock, random, agents: this.agents, readModel: new InMemoryReadModel(), sessions: new BucketSessionDirectory(this.bucket, onWarning) };
    const settings = { side, instance: `i${this.nodes.length}`, sessionTtlMs: SESSION_TTL_MS, ...LIMITS, ...limits, acceptDataLoss: false, evictUnansweredAfterMs: 60_000 };
    const node = new RegistryNode(settings, ports, {
      onWarning,
      onFatal: (error) => {
        throw error;
      },
    });
    this.nodes.push(node);
    await node.start();
    return new RegistryUnderTest(this, side, node, log);
  }

  /** Opens a session, or renews it; `held` are the request ids that it says it holds. */
  async renew(session: string, { replaces, held = [] }: { readonly replaces?: string; readonly held?: readonly string[] } = {}): Promise<void> {
    const digest = holdingsDigest(held);
    const none = holdingsDigest([]);
    await this.bucket.put(
      sessionBucketKey(HOST, session),
      encodeSessionRecord({ host: HOST, session, replaces, openedMs: this.clock.nowMs(), producers: digest, consumers: none }),
    );
    await this.clock.settle();
  }

  /** The session's key runs out. */
  async expire(session: string): Promise<void> {
    await this.bucket.remove(sessionBucketKey(HOST, session));
    await this.clock.settle();
  }

  /** Appends what another service would: an outcome of the matcher, say. */
  async append(token: string, body: EventBody, expectedLastSequence?: number): Promise<number> {
    const result = await this.log.append({ event: { id: `e${++this.ids}`, token, timeMs: 0, source: 'test', body }, expectedLastSequence });
    if (result.kind !== 'appended') throw new Error(`the test's event was not appended: ${result.kind}`);
    await this.clock.settle();
    return result.sequence;
  }

  async events(token: string): Promise<LogEvent[]> {
    return this.log.readToken(token, { fromSequence: 1, limit: 1_000 });
  }

  async types(token: string): Promise<string[]> {
    return (await this.events(token)).map(({ body }) => body.type);
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.close();
  }
}

/** A request to a registry that is under way. */
export interface Asked {
  /** The outcome; undefined while there is none. */
  outcome: ItemOutcomeMessage | undefined;
  readonly done: Promise<ItemOutcomeMessage>;
}

/** One instance of a registry, called as a client calls it: by encoded requests. */
export class RegistryUnderTest {
  readonly log: GatedLog;
  readonly node: RegistryNode;
  private readonly world: RegistryWorld;
  private readonly side: Side;

  constructor(world: RegistryWorld, side: Side, node: RegistryNode, log: GatedLog) {
    this.world = world;
    this.side = side;
    this.node = node;
    this.log = log;
  }

  register(participantId: string, token: string, options: { requestId?: string; session?: string; timeoutMs?: number; callbackDeadlineMs?: number } = {}): Promise<Asked> {
    const { requestId = `register-${participantId}`, session = 's1', timeoutMs = 5_000, callbackDeadlineMs } = options;
    const callbacks = callbackSet(this.side, this.side === 'consumer' ? CALLBACKS.consumer : []);
    const message = { session, deadlineMs: this.world.clock.nowMs() + timeoutMs, items: [{ participantId, token, requestId, irq: 7, callbacks, callbackDeadlineMs }] };
    if (this.side === 'consumer') message.items.forEach((item) => delete (item as { irq?: number }).irq);
    return this.ask((call) => this.node.rpc.register(call), 'register', encodeRegisterRequest(message));
  }

  unregister(participantId: string, token: string, options: { requestId?: string; registrationRequestId?: string; registrationSequence?: number; timeoutMs?: number } = {}): Promise<Asked> {
    const { requestId = `unregister-${participantId}`, registrationRequestId = `register-${participantId}`, registrationSequence, timeoutMs = 5_000 } = options;
    const items = [{ participantId, token, registrationRequestId, registrationSequence, requestId }];
    return this.ask((call) => this.node.rpc.unregister(call), 'unregister', encodeUnregisterRequest({ session: 's1', deadlineMs: this.world.clock.nowMs() + timeoutMs, items }));
  }

  result(participantId: string, token: string, requestId: string): Promise<Asked> {
    const items = [{ participantId, token, requestId }];
    return this.ask((call) => this.node.rpc.result(call), 'result', encodeResultRequest({ session: 's1', deadlineMs: this.world.clock.nowMs() + 5_000, items }));
  }

  private async ask(
    handler: (call: { subject: string; payload: Uint8Array; contentType: undefined }) => Promise<{ payload: Uint8Array }>,
    verb: 'register' | 'unregister' | 'result',
    payload: Uint8Array,
  ): Promise<Asked> {
    const reply = handler({ subject: registrySubject(this.side, verb, HOST), payload, contentType: undefined });
    const asked: Asked = { outcome: undefined, done: reply.then(({ payload: bytes }) => decodeRegistryReply(bytes, 'application/protobuf').items[0]!) };
    void asked.done.then((outcome) => (asked.outcome = outcome));
    await this.world.clock.settle();
    return asked;
  }
}

