import type { EventKind, LogEvent } from '@irqmesh/domain';
import { decodeEvent, EventHeader, eventSubject, STREAM_NAME, tokenFilter } from '@irqmesh/protocol';
import { DirectMsgHeaders, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { LogLostDataError, LogUnavailableError } from '../port.ts';
import type { LogIdentity } from '../port.ts';
import { callApi, unavailable } from './errors.ts';

const DIRECT_GET = `$JS.API.DIRECT.GET.${STREAM_NAME}`;
/** How many events one request to a stream's replica asks for. */
const BATCH_SIZE = 1000;
const BATCH_TIMEOUT_MS = 5000;
/** How often a replica that has not got the newest events yet is asked again, and how long after. */
const REPLICA_RETRIES = 20;
const REPLICA_RETRY_DELAY_MS = 100;

/** The statuses that end a batch: all is sent, or there is nothing to send. */
const END_OF_BATCH = 204;
const NOT_FOUND = 404;

/** What the stream holds, asked for rather than read in order. */
export class StoredEvents {
  private readonly connection: NatsConnection;
  private readonly manager: JetStreamManager;
  private readonly partitions: number;

  constructor(connection: NatsConnection, manager: JetStreamManager, partitions: number) {
    this.connection = connection;
    this.manager = manager;
    this.partitions = partitions;
  }

  /** @throws LogLostDataError when the stream is gone */
  async identity(): Promise<LogIdentity> {
    try {
      const { created, state } = await callApi('about its stream', () => this.manager.streams.info(STREAM_NAME));
      const firstSequence = Math.max(state.first_seq, 1);
      return { createdMs: Date.parse(created), firstSequence, lastSequence: Math.max(state.last_seq, firstSequence - 1) };
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound) throw error;
      throw new LogLostDataError(`the log has lost data: its stream ${STREAM_NAME} is gone`, { cause: error });
    }
  }

  async read(sequence: number): Promise<LogEvent | undefined> {
    const message = await this.stored(sequence);
    return message === undefined ? undefined : decodeEvent({ subject: message.subject, sequence, headers: message.header, payload: message.data });
  }

  async idAt(sequence: number): Promise<string | undefined> {
    return (await this.stored(sequence))?.header.get(EventHeader.id);
  }

  /** Asks the stream's leader: `STREAM.MSG.GET`, unlike a direct get, is answered by no other. */
  async leaderLastSequence(token: string, kind?: EventKind): Promise<number> {
    const subject = kind === undefined ? tokenFilter(token, this.partitions) : eventSubject(token, kind, this.partitions);
    const message = await callApi("for a token's last event", () => this.manager.streams.getMessage(STREAM_NAME, { last_by_subj: subject }));
    return message?.seq ?? 0;
  }

  /** Reads from any replica, and asks again while that one lacks what the leader had when this was called. */
  async readToken(token: string, fromSequence: number, limit: number): Promise<LogEvent[]> {
    const lastSequence = await this.leaderLastSequence(token);
    const events: LogEvent[] = [];
    let from = Math.max(fromSequence, 1);
    for (let retries = 0; from <= lastSequence && events.length < limit; ) {
      const batch = await this.readBatch(token, from, Math.min(BATCH_SIZE, limit - events.length));
      for (const event of batch) events.push(event);
      from = (events.at(-1)?.sequence ?? from - 1) + 1;
      if (batch.length > 0) continue;
      if (retries++ === REPLICA_RETRIES) throw new LogUnavailableError(`a replica of the log lacks event ${lastSequence}, which its leader has`);
      await new Promise((resolve) => setTimeout(resolve, REPLICA_RETRY_DELAY_MS));
    }
    return events;
  }

  /** One request, many replies, the last one empty. (The client's own batch leaks its subscription.) */
  private async readBatch(token: string, from: number, batch: number): Promise<LogEvent[]> {
    const request = JSON.stringify({ seq: from, next_by_subj: tokenFilter(token, this.partitions), batch });
    const replies: Msg[] = [];
    try {
      const options = { strategy: 'sentinel', maxWait: BATCH_TIMEOUT_MS } as const;
      for await (const reply of await this.connection.requestMany(DIRECT_GET, request, options)) replies.push(reply);
    } catch (cause) {
      throw unavailable("for a token's events", cause);
    }
    const end = replies.pop();
    const status = end?.headers?.code;
    if (end?.data.length !== 0 || (status !== END_OF_BATCH && status !== NOT_FOUND)) {
      throw new LogUnavailableError(`the log did not send all events of a token: ${end?.headers?.description || 'it took too long'}`);
    }
    return replies.map(directEvent);
  }

  private async stored(sequence: number): Promise<StoredMsg | undefined> {
    if (!Number.isSafeInteger(sequence) || sequence < 1) return undefined;
    return (await callApi(`for event ${sequence}`, () => this.manager.streams.getMessage(STREAM_NAME, { seq: sequence }))) ?? undefined;
  }
}

/** A direct get's reply carries the message's place in the stream as headers. */
function directEvent({ headers, data }: Msg): LogEvent {
  if (headers === undefined) throw new LogUnavailableError('a direct get was answered without headers');
  const sequence = Number(headers.get(DirectMsgHeaders.Sequence));
  return decodeEvent({ subject: headers.get(DirectMsgHeaders.Subject), sequence, headers, payload: data });
}
