import { eventKind } from '@irqmesh/domain';
import type { EventKind, LogEvent } from '@irqmesh/domain';
import { LogUnavailableError, MAX_TOKEN_EVENTS } from '@irqmesh/event-log';
import type { AppendRequest, AppendResult, Checkpoint, EventLog, LogIdentity, LogReader, LogSubscription } from '@irqmesh/event-log';
import type { Fault } from '../faults/fault-kinds.ts';
import { NATS } from './network.ts';
import { OrderedChannel } from './ordered-channel.ts';
import type { Seat } from './seat.ts';

/** The JetStream adapter waits so long for an answer. */
const TIMEOUT_MS = 5_000;
const NO_LEADER = 'the server has no leader for the stream at the moment';
const LATE_MS = { lowMs: 10, highMs: 8_000 };
/** How long a leader may have been replaced without knowing it. */
const STALE_MS = 8_000;

/** The log as one process reaches it: over a network that loses, delays and repeats. */
export class SimLog implements EventLog {
  private readonly seat: Seat;
  private readonly channels = new Set<OrderedChannel>();

  constructor(seat: Seat) {
    this.seat = seat;
  }

  get partitions(): number {
    return this.seat.world.log.partitions;
  }

  get replicas(): number {
    return this.seat.world.log.replicas;
  }

  /** Holds up what this process reads. @returns whether it reads anything. */
  lagUntil(atMs: number): boolean {
    for (const channel of this.channels) channel.lagUntilMs = atMs;
    return this.channels.size > 0;
  }

  identity(): Promise<LogIdentity> {
    return this.ask('identity', (log) => log.identity());
  }

  append(request: AppendRequest): Promise<AppendResult> {
    const { id, token, body } = request.event;
    const what = `append ${body.type} ${token} ${id} after ${request.expectedLastSequence ?? '-'}`;
    // One without an expectation is a note: the real transport does not repeat it, and nobody would notice.
    const mayRepeat = request.expectedLastSequence !== undefined;
    return this.seat.exchange<AppendResult>({
      to: NATS,
      what,
      mayRepeat,
      timeoutMs: TIMEOUT_MS,
      request: { lost: 'request_lost', late: { fault: 'message_delayed', ...LATE_MS } },
      reply: { lost: 'append_ack_lost', late: { fault: 'append_ack_late', ...LATE_MS } },
      onTimeout: () => new LogUnavailableError(`no acknowledgement within ${TIMEOUT_MS} ms`),
      serve: (resolve, reject) => this.store(request, what, resolve, reject),
    });
  }

  read(sequence: number): Promise<LogEvent | undefined> {
    return this.ask(`read ${sequence}`, (log) => log.read(sequence));
  }

  leaderLastSequence(token: string, kind?: EventKind): Promise<number> {
    const { world, life } = this.seat;
    return this.ask(`last sequence of ${token} ${kind ?? ''}`, async (log) => {
      if (!world.hasLeader) throw new LogUnavailableError(NO_LEADER);
      const last = await log.leaderLastSequence(token, kind);
      // A single server cannot be replaced.
      if (log.replicas === 1 || !world.faults.strikes('leader_stale', world.random)) return last;
      const end = world.logEndAt(world.time.nowMs - world.random.between(0, STALE_MS));
      const events = await log.readToken(token, { fromSequence: 1, limit: MAX_TOKEN_EVENTS });
      const stale = events.findLast(({ sequence, body }) => sequence <= end && (kind === undefined || eventKind(body.type) === kind))?.sequence ?? 0;
      world.trace.write(life.name, `leader_stale: ${token} ends at ${stale}, not ${last}`);
      return stale;
    });
  }

  readToken(token: string, options: { readonly fromSequence: number; readonly limit: number }): Promise<LogEvent[]> {
    return this.ask(`read ${token}`, (log) => log.readToken(token, options));
  }

  async subscribe(after: Checkpoint, reader: LogReader): Promise<LogSubscription> {
    const { life, world, node } = this.seat;
    const channel = new OrderedChannel(world.time, world.network, node, life);
    // The subscription at the server, each time that the request for it arrived.
    const atServer: LogSubscription[] = [];
    const close = async (): Promise<void> => {
      this.channels.delete(channel);
      channel.close();
      for (const subscription of atServer.splice(0)) await subscription.close();
    };
    life.onEnd(() => void close());
    const deliver = (event: LogEvent): void => {
      world.trace.detail(life.name, `folds ${event.sequence}`);
      try {
        reader.onEvent(event);
      } catch (error) {
        void close();
        reader.onEnd(error as Error);
      }
    };
    try {
      await this.ask('subscribe', async (log) => {
        // Told by the log at once, to the process when the channel gets there.
        const subscription = await log.subscribe(after, {
          onEvent: (event) => channel.push(() => deliver(event)),
          onCaughtUp: () => channel.push(() => reader.onCaughtUp()),
          onEnd: (error) => channel.push(() => reader.onEnd(error)),
        });
        atServer.push(subscription);
      });
    } catch (error) {
      await close();
      throw error;
    }
    this.channels.add(channel);
    return { close };
  }

  async close(): Promise<void> {}

  private store(request: AppendRequest, what: string, resolve: (result: AppendResult) => void, reject: (error: Error) => void): void {
    const { world, life } = this.seat;
    const { faults, random, trace, recorder } = world;
    if (!world.hasLeader || faults.strikes('append_refused', random)) {
      trace.write(life.name, `append_refused: ${what}`);
      return reject(new LogUnavailableError(NO_LEADER));
    }
    const { id } = request.event;
    if (world.hasForgotten(id)) faults.count('ids_forgotten');
    world.log.append(request).then((result) => {
      trace.write(NATS, `${what}: ${result.kind === 'appended' ? `${result.duplicate ? 'duplicate of' : 'stored as'} ${result.sequence}` : 'conflict'}`);
      if (result.kind === 'appended' && !result.duplicate) {
        world.storedIds.push(id);
        recorder.stored(result.sequence);
        world.logGrew();
      }
      resolve(result);
    }, reject);
  }

  private ask<T>(what: string, answer: (log: Seat['world']['log']) => Promise<T>): Promise<T> {
    const lost = { request: 'request_lost', reply: 'reply_lost' } as const satisfies Record<string, Fault>;
    return this.seat.exchange<T>({
      to: NATS,
      what,
      mayRepeat: false,
      timeoutMs: TIMEOUT_MS,
      request: { lost: lost.request },
      reply: { lost: lost.reply },
      onTimeout: () => new LogUnavailableError(`no answer within ${TIMEOUT_MS} ms`),
      serve: (resolve, reject) => void answer(this.seat.world.log).then(resolve, reject),
    });
  }
}
