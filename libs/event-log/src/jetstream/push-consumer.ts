import { STREAM_NAME } from '@irqmesh/protocol';
import { AckPolicy, DeliverPolicy, JetStreamApiError, ReplayPolicy } from '@nats-io/jetstream';
import type { ConsumerConfig, JetStreamManager } from '@nats-io/jetstream';
import { createInbox, nanos, nuid } from '@nats-io/nats-core';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { LogUnavailableError } from '../port.ts';
import { callApi } from './errors.ts';

/** What comes from a consumer. Nothing comes after `stop`, `onBroken` or `onRefused`. */
export interface ConsumerListener {
  /** The next message; `sequence` is the stream's. */
  onMessage(message: Msg, sequence: number): void;
  /** Messages were lost on the way, or the server's side of the consumer is gone: a new one is needed. */
  onBroken(): void;
  /** The server does not permit the subscription. */
  onRefused(error: Error): void;
}

const HEARTBEAT_MS = 2000;
/** So many heartbeats may be missed before the consumer counts as gone. */
const HEARTBEATS_MISSED_MAX = 2;
/** How long the server keeps a consumer whose reader has vanished. */
const INACTIVE_MS = 30_000;

/** Flow control requests and idle heartbeats. */
const CONTROL_STATUS = 100;
const LAST_CONSUMER_SEQUENCE = 'Nats-Last-Consumer';
const STALLED = 'Nats-Consumer-Stalled';

/**
 * One consumer on the server that pushes all messages from a sequence on, and this end of it: flow control, heartbeats
 * and the check that no message is missing. It does what the client's ordered consumer does, but leaves it to its
 * owner what happens when it breaks: the log is checked before anything else is delivered.
 */
export class PushConsumer {
  private readonly connection: NatsConnection;
  private readonly manager: JetStreamManager;
  private readonly listener: ConsumerListener;
  private readonly name = `reader-${nuid.next()}`;
  private readonly inbox: string;
  private readonly subscription: Subscription;
  private readonly silenceTimer: NodeJS.Timeout;
  private deliverySequence = 0;
  private silentBeats = 0;
  private stopped = false;
  private paused = false;
  /** Where the server waits for an answer before it sends more. */
  private heldReply: string | undefined;

  constructor(connection: NatsConnection, manager: JetStreamManager, listener: ConsumerListener) {
    this.connection = connection;
    this.manager = manager;
    this.listener = listener;
    this.inbox = createInbox(manager.getOptions().watcherPrefix);
    this.subscription = connection.subscribe(this.inbox, {
      callback: (error, message) => {
        if (this.stopped) return;
        if (error !== null) this.refuse(error);
        else if (message.subject === this.inbox) this.control(message);
        else this.deliver(message);
      },
    });
    this.silenceTimer = setInterval(() => {
      if (++this.silentBeats > HEARTBEATS_MISSED_MAX) this.break();
    }, HEARTBEAT_MS);
  }

  /**
   * Makes the server's side; messages may come before this resolves.
   * @throws LogUnavailableError; JetStreamApiError when the server refuses
   */
  async start(firstSequence: number): Promise<void> {
    const config: Partial<ConsumerConfig> = {
      name: this.name,
      deliver_subject: this.inbox,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: firstSequence,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      flow_control: true,
      idle_heartbeat: nanos(HEARTBEAT_MS),
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
    };
    await callApi(`for its events from ${firstSequence} on`, () => this.manager.consumers.add(STREAM_NAME, config));
  }

  /** Lets the server wait: it sends no more than what it may have under way without an answer (32 MiB). */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    const reply = this.heldReply;
    this.heldReply = undefined;
    if (reply !== undefined && !this.stopped && !this.connection.isClosed()) this.connection.publish(reply);
  }

  /** Ends delivery at once. The server's side goes by itself a while later. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    clearInterval(this.silenceTimer);
    this.subscription.unsubscribe();
  }

  /** Ends delivery at once, and resolves when the server's side is gone or cannot be reached. */
  async destroy(): Promise<void> {
    this.stop();
    if (this.connection.isClosed()) return;
    try {
      await callApi('to end reading', () => this.manager.consumers.delete(STREAM_NAME, this.name));
    } catch (error) {
      // It, or its stream, is gone already; or the server cannot be reached and removes it when it has been inactive.
      if (!(error instanceof JetStreamApiError) && !(error instanceof LogUnavailableError)) throw error;
    }
  }

  private deliver(message: Msg): void {
    this.silentBeats = 0;
    const { streamSequence, deliverySequence } = sequencesOf(message.reply ?? '');
    if (deliverySequence !== this.deliverySequence + 1) return this.break();
    this.deliverySequence = deliverySequence;
    this.listener.onMessage(message, streamSequence);
  }

  private control(message: Msg): void {
    this.silentBeats = 0;
    const { headers } = message;
    // Any other status says that the consumer is gone, or has another leader.
    if (headers?.code !== CONTROL_STATUS) return this.break();
    if (message.reply !== undefined && message.reply !== '') return this.goOn(message.reply);
    const stalled = headers.get(STALLED);
    if (stalled !== '') this.goOn(stalled);
    if (Number(headers.get(LAST_CONSUMER_SEQUENCE)) > this.deliverySequence) this.break();
  }

  /** Tells the server that all before has come, now or when this is no longer paused. */
  private goOn(reply: string): void {
    if (this.paused) this.heldReply = reply;
    else this.connection.publish(reply);
  }

  private break(): void {
    this.stop();
    this.listener.onBroken();
  }

  private refuse(error: Error): void {
    this.stop();
    this.listener.onRefused(error);
  }
}

/**
 * A message's place in the stream and in the delivery, from its reply subject:
 * `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.<stream sequence>.<delivery sequence>.<time>.<pending>[.<random>]`
 */
function sequencesOf(reply: string): { readonly streamSequence: number; readonly deliverySequence: number } {
  const parts = reply.split('.');
  const at = parts.length === 9 ? 5 : 7;
  return { streamSequence: Number(parts[at]), deliverySequence: Number(parts[at + 1]) };
}
