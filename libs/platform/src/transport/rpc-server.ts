import { BusyError, Errno, IrqBypassError } from '@irqmesh/domain';
import { CONTENT_TYPE_HEADER, replyContentType } from '@irqmesh/protocol';
import { headers, Match } from '@nats-io/transport-node';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { NatsContext, ServerNats } from '@nestjs/microservices';
import { firstValueFrom, isObservable } from 'rxjs';
import type { Logger } from '../logging/logger.ts';
import { ConnectionState } from '../nats/connection-state.ts';
import { CallsUnderWay } from './calls-under-way.ts';
import type { CallLimits } from './calls-under-way.ts';
import { failureEncoder } from './failure-reply.ts';
import type { FailureEncoder } from './failure-reply.ts';
import { TRACEPARENT_HEADER } from './rpc.ts';
import type { RpcReply, RpcRequest } from './rpc.ts';

export interface RpcServerOptions {
  /** Opens the connection that calls are taken on. */
  readonly connect: () => Promise<NatsConnection>;
  /** All instances of a service share one, so that one of them answers; without one, every instance hears every call. */
  readonly queue: string | undefined;
  readonly logger: Logger;
  /** Called when NATS does not let the service take a kind of calls (any more). */
  readonly onRefused: (error: Error) => void;
  readonly limits?: CallLimits;
}

/** When a call that was turned away may come again. */
const RETRY_AFTER_MS = 250;
const DEFAULT_LIMITS: CallLimits = { calls: 8192, bytes: 64 * 1024 * 1024 };

/**
 * Nest's NATS transport with the payloads as they are. The stock server could be given a serializer, but that is too
 * late for what is needed here: it does not see the request, whose content type and subject decide the form of a
 * failure; it is asked for a second reply when a stream ends after its last value; and it never learns the cause of an
 * exception. The stock server also sleeps for a fixed time at shutdown instead of waiting for the calls under way.
 *
 * A handler gets an `RpcRequest` and the NatsContext. What it returns (or the first value of an Observable) is the
 * reply. What it throws becomes a failure: an IrqBypassError as it is, anything else -EIO, logged with its cause.
 */
export class RpcServer extends ServerNats {
  private readonly rpc: RpcServerOptions;
  private readonly underWay: CallsUnderWay;
  private readonly taken: Subscription[] = [];
  private readonly failures = new Map<string, FailureEncoder>();
  private connection: NatsConnection | undefined;
  private state: ConnectionState | undefined;

  constructor(options: RpcServerOptions) {
    super({});
    this.rpc = options;
    this.underWay = new CallsUnderWay(options.limits ?? DEFAULT_LIMITS);
  }

  override async createNatsClient(): Promise<NatsConnection> {
    this.connection = await this.rpc.connect();
    this.state = new ConnectionState(this.connection);
    return this.connection;
  }

  /** The connection reports for itself; see `connectNats`. */
  override async handleStatusUpdates(): Promise<void> {}

  /** Listening has begun when the server has the subscriptions, not when they are on their way. */
  override start(callback: (error?: unknown) => void): void {
    const connection = this.connection!;
    this.bindEvents(connection);
    connection.flush().then(() => callback(), callback);
  }

  override bindEvents(connection: NatsConnection): void {
    const queue = this.rpc.queue === undefined ? {} : { queue: this.rpc.queue };
    for (const [subject, handler] of this.messageHandlers) {
      if (handler.isEventHandler === true) throw new Error(`${subject}: this transport carries calls only; use @MessagePattern`);
      this.failures.set(subject, failureEncoder(subject));
      this.taken.push(
        connection.subscribe(subject, {
          ...queue,
          callback: (error, message) => {
            if (error !== null) this.rpc.onRefused(new Error(`NATS does not let this service take ${subject}: ${error.message}`, { cause: error }));
            else void this.handleMessage(subject, message);
          },
        }),
      );
    }
  }

  /** Answers one call; never rejects. */
  override async handleMessage(pattern: string, message: Msg): Promise<void> {
    // Nobody would hear the answer.
    if (message.reply === undefined || message.reply === '') return this.rpc.logger.debug({ subject: message.subject }, 'dropped a call without a reply subject');
    const bytes = message.data.length;
    if (!this.underWay.enter(bytes)) return this.fail(pattern, message, new BusyError('too many calls are under way here; ask again later', RETRY_AFTER_MS));
    try {
      const reply = await this.handle(pattern, message);
      if (reply !== undefined) this.respond(message, reply);
      else if (this.rpc.queue !== undefined) throw new Error(`the handler of ${pattern} returned no reply`);
    } catch (error) {
      this.fail(pattern, message, error);
    } finally {
      this.underWay.leave(bytes);
    }
  }

  /**
   * Takes no more calls and waits for those under way, at most for `timeoutMs`, and not at all without a connection.
   * @returns how many calls were left unanswered
   */
  async drain(timeoutMs: number): Promise<number> {
    const { connection, state } = this;
    if (connection === undefined || state === undefined) return 0;
    const signal = AbortSignal.any([state.lostSignal, AbortSignal.timeout(timeoutMs)]);
    await settled(Promise.all(this.taken.map((subscription) => subscription.drain())), signal);
    await this.underWay.idle(signal);
    await settled(connection.flush(), signal);
    return this.underWay.count;
  }

  private async handle(pattern: string, message: Msg): Promise<RpcReply | undefined> {
    const handler = this.messageHandlers.get(pattern);
    if (handler === undefined) throw new Error(`no handler for ${pattern}`);
    const request: RpcRequest = {
      payload: message.data,
      contentType: header(message, CONTENT_TYPE_HEADER),
      traceparent: header(message, TRACEPARENT_HEADER),
    };
    const result: unknown = await handler(request, new NatsContext([message.subject, message.headers]));
    return (isObservable(result) ? await firstValueFrom(result) : result) as RpcReply | undefined;
  }

  private fail(pattern: string, message: Msg, error: unknown): void {
    const { subject } = message;
    try {
      const contentType = replyContentType(header(message, CONTENT_TYPE_HEADER));
      this.respond(message, { payload: this.failures.get(pattern)!(this.failureOf(subject, error), contentType), contentType });
    } catch (err) {
      this.rpc.logger.error({ subject, err }, 'could not reply');
    }
  }

  /** What the caller is told; what it need not know is logged. */
  private failureOf(subject: string, error: unknown): IrqBypassError {
    if (error instanceof IrqBypassError) {
      this.rpc.logger.debug({ subject, err: error }, 'refused a call');
      return error;
    }
    this.rpc.logger.error({ subject, err: error }, 'a call failed');
    return new IrqBypassError(Errno.EIO, 'the service could not carry out the call; its log says why');
  }

  private respond(message: Msg, reply: RpcReply): void {
    const limitBytes = this.connection?.info?.max_payload ?? Number.MAX_SAFE_INTEGER;
    if (reply.payload.length + HEADER_BYTES_MAX > limitBytes) {
      throw new IrqBypassError(Errno.EMSGSIZE, `the reply would have ${reply.payload.length} bytes, more than NATS carries; ask for less at once`);
    }
    const replyHeaders = headers();
    replyHeaders.set(CONTENT_TYPE_HEADER, reply.contentType);
    message.respond(reply.payload, { headers: replyHeaders });
  }
}

/** NATS counts the headers as a part of the payload; ours hold a content type. */
const HEADER_BYTES_MAX = 256;

function header(message: Msg, name: string): string | undefined {
  const value = message.headers?.get(name, Match.IgnoreCase);
  return value === undefined || value === '' ? undefined : value;
}

/** Resolves when the work is done, has failed or `signal` aborts; whatever it was, a shutdown goes on. */
async function settled(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await Promise.race([Promise.allSettled([work]), new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))]);
}
