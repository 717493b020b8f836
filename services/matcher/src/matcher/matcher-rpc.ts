import { Errno, IrqBypassError, partitionOf } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import type { EventLog } from '@irqmesh/event-log';
import {
  decodeExplainRequest, decodeMatcherStateRequest, encodeExplainReply, encodeMatcherStateReply, parseContentType, parseMatcherSubject,
} from '@irqmesh/protocol';
import type { CallReply, IncomingCall, LogFollower } from '@irqmesh/registry';
import { explain } from '@irqmesh/replay';
import type { Matcher } from './matcher.ts';
import { describeCall } from './operation-drive.ts';

export interface MatcherRpcOptions {
  readonly instance: string;
  readonly matcher: Matcher;
  readonly follower: LogFollower;
  readonly log: EventLog;
  readonly holds: (partition: number) => boolean;
}

/** How a token's events are read, how many at the most, and the most evidence that a reply carries. */
const PAGE_EVENTS = 10_000;
const MAX_TOKEN_EVENTS = 200_000;
const MAX_EVIDENCE = 50;
const MAX_OPERATIONS = 1_000;

/** Answers questions about partitions and tokens. Every matcher folds the whole log, so any of them can explain. */
export class MatcherRpc {
  private readonly options: MatcherRpcOptions;

  constructor(options: MatcherRpcOptions) {
    this.options = options;
  }

  /** Where a partition stands. Only the matcher that holds it answers: `undefined` leaves the call to that one. */
  state(call: IncomingCall): CallReply | undefined {
    const { instance, matcher, follower } = this.options;
    const { partition } = this.partitionOf(call);
    const contentType = parseContentType(call.contentType);
    decodeMatcherStateRequest(call.payload, contentType);
    if (!this.options.holds(partition)) return undefined;
    const states = [...follower.fold.tokens()].filter(({ token }) => partitionOf(token, this.options.log.partitions) === partition);
    const operations = matcher.driven(partition).slice(0, MAX_OPERATIONS).map(({ token, drive }) => ({
      token,
      operationSequence: drive.operationSequence,
      kind: drive.kind,
      waitingFor: drive.waitingFor?.side ?? ('producer' as const),
      step: describeCall(drive.waitingFor),
      openForMs: Math.round(drive.openForMs),
    }));
    const pairs = states.filter(({ connected }) => connected).length;
    const reply = { matcher: instance, partition, position: follower.fold.position, tokens: states.length, pairs, operations };
    return { payload: encodeMatcherStateReply(reply, contentType), contentType };
  }

  /** Why a token is, or is not, connected, from its events in the log. Only the matcher of its partition answers. */
  async explain(call: IncomingCall): Promise<CallReply | undefined> {
    const { log } = this.options;
    const { partition } = this.partitionOf(call);
    const contentType = parseContentType(call.contentType);
    const token = decodeExplainRequest(call.payload, contentType);
    const expected = partitionOf(token, log.partitions);
    if (partition !== expected) throw new IrqBypassError(Errno.EINVAL, `token ${JSON.stringify(token)} is of partition ${expected}, not ${partition}`);
    if (!this.options.holds(partition)) return undefined;
    const { sentence, advice, connected, evidence } = explain(token, await this.eventsOf(token));
    return { payload: encodeExplainReply({ token, connected, sentence, advice, events: evidence.slice(-MAX_EVIDENCE) }, contentType), contentType };
  }

  private async eventsOf(token: string): Promise<LogEvent[]> {
    const events: LogEvent[] = [];
    while (events.length < MAX_TOKEN_EVENTS) {
      const page = await this.options.log.readToken(token, { fromSequence: (events.at(-1)?.sequence ?? 0) + 1, limit: PAGE_EVENTS });
      for (const event of page) events.push(event);
      if (page.length < PAGE_EVENTS) return events;
    }
    throw new IrqBypassError(Errno.EMSGSIZE, `token ${JSON.stringify(token)} has more than ${MAX_TOKEN_EVENTS} events: too many to explain in one answer`);
  }

  private partitionOf(call: IncomingCall): { readonly partition: number } {
    const { partition } = parseMatcherSubject(call.subject);
    const { partitions } = this.options.log;
    if (partition >= partitions) throw new IrqBypassError(Errno.EINVAL, `there is no partition ${partition}: the log has ${partitions}`);
    return { partition };
  }
}
