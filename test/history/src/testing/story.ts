import type { Callback, CallbackRun, CallbackSet, EventBody, LogEvent, Side } from '@irqmesh/domain';
import type { CallbackCall, ClientCall, ClientTurn, History, StoredEvent } from '../history.ts';
import { IndexedHistory } from '../indexed-history.ts';

const HOST = 'host-a';
const AGENT = 'host-a#1';
const SESSION = 's1';
const ALL: Readonly<Record<Side, CallbackSet>> = { producer: ['stop', 'start', 'add_consumer', 'del_consumer'], consumer: ['stop', 'start', 'add_producer', 'del_producer'] };

/** Tells a history line by line, each at the next moment: what a test is about, and nothing else. */
export class Story {
  private readonly calls: { -readonly [Key in keyof ClientCall]: ClientCall[Key] }[] = [];
  private readonly callbacks: CallbackCall[] = [];
  private readonly turns: ClientTurn[] = [];
  private readonly log: StoredEvent[] = [];
  private now = 0;

  /** A register is called. @returns its call's id. */
  registers(side: Side, participant: string, { token = 't', supplied = ALL[side], group }: { token?: string; supplied?: CallbackSet; group?: string } = {}): number {
    return this.called({ side, participant, token, verb: 'register', supplied, group });
  }

  /** An unregister of what call `ends` made is called. */
  unregisters(ends: number): number {
    const { side, participant, token } = this.calls[ends - 1]!;
    return this.called({ side, participant, token, verb: 'unregister', ends });
  }

  /** A call returns; one that made or ended a registration has the request id `r<its register's id>`. */
  returns(id: number, result = 0): this {
    const call = this.calls[id - 1]!;
    Object.assign(call, { returnedAt: ++this.now, result });
    if (result === 0) Object.assign(call, { session: SESSION, requestId: `r${call.ends ?? id}` });
    return this;
  }

  /** A callback of call `of` begins and returns, after a while; one with `hangs` never does. */
  runs(of: number, callback: Callback, operationSequence: number, result: number | 'hangs' = 0, takesMs = 0): this {
    const { side, participant, token } = this.calls[of - 1]!;
    const calledAt = ++this.now;
    this.now += takesMs * 1_000;
    const returned = result === 'hangs' ? {} : { returnedAt: ++this.now, result };
    this.callbacks.push({ agent: AGENT, host: HOST, side, participant, token, call: of, callback, operationSequence, calledAt, ...returned });
    return this;
  }

  turn(turn: { kind: 'opened' | 'lost' | 'evicted'; session: string } | { kind: 'killed' | 'paused' }): this {
    this.turns.push({ agent: AGENT, host: HOST, at: ++this.now, ...turn });
    return this;
  }

  /** The registration of call `of` is lost, for good or until it is restored. */
  loses(of: number, restoring = false): this {
    return this.registrationTurn(of, { kind: 'registration_lost', restoring });
  }

  restores(of: number): this {
    return this.registrationTurn(of, { kind: 'registration_restored' });
  }

  /** The registration of call `of` is stored. @returns its sequence. */
  storesRegistered(of: number, changes: { requestId?: string } = {}): number {
    const { side, participant: id, token, supplied = [], group } = this.calls[of - 1]!;
    const details = { participant: { host: HOST, session: SESSION, id }, callbacks: supplied, deadlineMs: 1_000, requestId: `r${of}`, quiesceGroup: group, ...changes };
    return this.stores(token, side === 'producer' ? { type: 'ProducerRegistered', irq: 1, ...details } : { type: 'ConsumerRegistered', ...details });
  }

  storesUnregistered(registrationSequence: number, reason: 'requested' | 'session_expired' | 'disowned' = 'requested'): number {
    const { event } = this.log[registrationSequence - 1]!;
    if (event.body.type !== 'ProducerRegistered' && event.body.type !== 'ConsumerRegistered') throw new Error(`event ${registrationSequence} registers nothing`);
    const { participant, requestId: registrationRequestId, type } = event.body;
    const body = { registrationSequence, registrationRequestId, participant, requestId: `u${this.log.length}`, reason };
    return this.stores(event.token, { type: type === 'ProducerRegistered' ? 'ProducerUnregistered' : 'ConsumerUnregistered', ...body });
  }

  stores(token: string, body: EventBody, id = `event-${this.log.length + 1}`): number {
    const sequence = this.log.length + 1;
    const event: LogEvent = { id, token, timeMs: this.now, source: 'test', body, sequence };
    this.log.push({ event, storedAt: ++this.now });
    return sequence;
  }

  /** Time passes. */
  waits(ms: number): this {
    this.now += ms * 1_000;
    return this;
  }

  history(): History {
    const timing = { slackMs: 50, requestTimeoutMs: {}, storedLateMs: 5_000 };
    return { calls: this.calls, callbacks: this.callbacks, turns: this.turns, log: this.log, requestsRepeated: false, timing };
  }

  private registrationTurn(of: number, turn: { kind: 'registration_lost'; restoring: boolean } | { kind: 'registration_restored' }): this {
    const { side, participant, token } = this.calls[of - 1]!;
    this.turns.push({ agent: AGENT, host: HOST, at: ++this.now, side, participant, token, ...turn });
    return this;
  }

  indexed(): IndexedHistory {
    return new IndexedHistory(this.history());
  }

  private called(call: Pick<ClientCall, 'side' | 'participant' | 'token' | 'verb' | 'ends' | 'supplied' | 'group'>): number {
    this.calls.push({ id: this.calls.length + 1, agent: AGENT, host: HOST, calledAt: ++this.now, ...call });
    return this.calls.length;
  }
}

/** The runs of a connect or disconnect of two participants with all callbacks, all 0 but those named. */
export function runsOf(kind: 'connect' | 'disconnect', results: Partial<Record<string, number>> = {}): CallbackRun[] {
  const middle: readonly [Side, Callback][] = kind === 'connect' ? [['producer', 'add_consumer'], ['consumer', 'add_producer']] : [['consumer', 'del_producer'], ['producer', 'del_consumer']];
  const steps: readonly (readonly [Side, Callback])[] = [['producer', 'stop'], ['consumer', 'stop'], ...middle, ['consumer', 'start'], ['producer', 'start']];
  return steps.map(([side, callback]) => ({ side, callback, result: results[`${side}.${callback}`] ?? 0, durationUs: 1, skipped: false }));
}

/** A pair that registers, connects, disconnects and unregisters as it should. */
export function connectedPair(story: Story): { producer: number; consumer: number; producerSequence: number; consumerSequence: number } {
  const consumer = story.registers('consumer', 'C');
  const consumerSequence = story.storesRegistered(consumer);
  story.returns(consumer);
  const producer = story.registers('producer', 'P');
  const producerSequence = story.storesRegistered(producer);
  for (const { side, callback } of runsOf('connect')) story.runs(side === 'producer' ? producer : consumer, callback, producerSequence);
  story.stores('t', { type: 'PairConnected', producerSequence, consumerSequence, operationSequence: producerSequence, runs: runsOf('connect') });
  story.returns(producer);
  return { producer, consumer, producerSequence, consumerSequence };
}

/** The pair's producer leaves as it should. */
export function disconnect(story: Story, { producer, consumer, producerSequence, consumerSequence }: ReturnType<typeof connectedPair>): void {
  const leaving = story.unregisters(producer);
  const operationSequence = story.storesUnregistered(producerSequence);
  for (const { side, callback } of runsOf('disconnect')) story.runs(side === 'producer' ? producer : consumer, callback, operationSequence);
  story.stores('t', { type: 'PairDisconnected', producerSequence, consumerSequence, operationSequence, runs: runsOf('disconnect') });
  story.returns(leaving);
}
