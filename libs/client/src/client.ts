import { Errno, IrqBypassError, leaseTerms, parseParticipantId, parseToken } from '@irqmesh/domain';
import type { LeaseTerms, Side } from '@irqmesh/domain';
import type { RegistrationViewMessage } from '@irqmesh/protocol';
import type { CallbackFault } from './agent/participant-agent.ts';
import { NoAnswerError } from './calls/registry-caller.ts';
import { unlessAborted } from './calls/settle.ts';
import { Emitter } from './events.ts';
import type { ClientEvents, RegistrationEvent } from './events.ts';
import { consoleLog } from './log.ts';
import type { ClientLog } from './log.ts';
import { checkOptions } from './options.ts';
import type { ClientOptions, ClientTimeouts } from './options.ts';
import type { ConsumerCallbacks, ProducerCallbacks } from './participants/callbacks.ts';
import { Consumer, Producer } from './participants/handle.ts';
import type { ParticipantOptions } from './participants/handle.ts';
import type { Registration } from './participants/registration.ts';
import { Slots } from './participants/slots.ts';
import { SessionKeeper } from './session/session-keeper.ts';
import type { SessionPorts } from './session/open-session.ts';

/** What registering a producer takes at once. */
export interface ProducerOptions extends ParticipantOptions, ProducerCallbacks {
  /** 1 to 128 bytes of UTF-8, compared byte for byte. */
  readonly token: string;
  /** The host interrupt, 0 to 2^32 - 1. */
  readonly irq: number;
}

/** What registering a consumer takes at once. */
export interface ConsumerOptions extends ParticipantOptions, ConsumerCallbacks {
  /** 1 to 128 bytes of UTF-8, compared byte for byte. */
  readonly token: string;
  readonly addProducer: NonNullable<ConsumerCallbacks['addProducer']>;
  readonly delProducer: NonNullable<ConsumerCallbacks['delProducer']>;
}

/** How one item of a batch ended. */
export type BatchResult = { readonly ok: Registration; readonly error?: undefined } | { readonly ok?: undefined; readonly error: IrqBypassError };

/** Which of this host's registrations to list. */
export interface ListOptions {
  /** Only tokens that begin with this. */
  readonly tokenPrefix?: string;
}

/** The part of the time for closing that is spent on unregistering; the rest is for tearing down what is left. */
const UNREGISTER_PART = 0.7;
const QUERY_TIMEOUT_MS = 5_000;
const PAGE = 500;

/** The connection that a client was made over, as far as the client has to know it. */
export interface ClientConnection {
  /** Sends what is pending and ends; bounded. */
  close(): Promise<void>;
}

/**
 * The kernel's IRQ bypass API for one host. Producers and consumers with the same token are connected by their
 * callbacks, wherever the two are registered. Make one with `connect`.
 */
export class IrqMeshClient {
  readonly host: string;
  private readonly ports: SessionPorts;
  private readonly connection: ClientConnection;
  private readonly timeouts: ClientTimeouts;
  private readonly terms: LeaseTerms;
  private readonly log: ClientLog;
  private readonly events = new Emitter<ClientEvents>();
  private readonly slots: Slots;
  private readonly keeper: SessionKeeper;
  private closing: Promise<void> | undefined;
  private sessionName: string | undefined;

  /** For `connect` and for simulations, which bring their own ports. Call `start` before anything else. */
  constructor(options: ClientOptions, ports: Omit<SessionPorts, 'host'>, connection: ClientConnection) {
    this.timeouts = checkOptions(options);
    this.host = options.host;
    this.ports = { ...ports, host: options.host };
    this.connection = connection;
    this.terms = leaseTerms(ports.bucket.ttlMs);
    this.log = options.log ?? consoleLog;
    const autoReopen = options.autoReopen ?? true;
    this.keeper = this.makeKeeper(autoReopen);
    this.slots = this.makeSlots();
  }

  /** Opens the first session. @throws when that was not possible within `timeoutMs`. */
  async start(timeoutMs: number = this.timeouts.connectTimeoutMs): Promise<void> {
    const overdue = new AbortController();
    const timer = this.ports.clock.after(timeoutMs, () => overdue.abort());
    try {
      await this.keeper.start(overdue.signal);
    } finally {
      timer.cancel();
    }
  }

  /** The open session's name; undefined while there is none. */
  get session(): string | undefined {
    return this.sessionName;
  }

  /** Adds a listener of an event; the function returned takes it away again. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    return this.events.on(name, listener);
  }

  /**
   * A producer that can be registered, unregistered and registered again under its id.
   * @throws IrqBypassError -EINVAL for a bad id, deadline or callback.
   */
  producer(options: ParticipantOptions & ProducerCallbacks): Producer {
    return new Producer(this.idOf(options), options, this.terms, this.slots);
  }

  /**
   * A consumer that can be registered, unregistered and registered again under its id.
   * @throws IrqBypassError -EINVAL for a bad id, deadline or callback.
   */
  consumer(options: ParticipantOptions & ConsumerCallbacks): Consumer {
    return new Consumer(this.idOf(options), options, this.terms, this.slots);
  }

  /** Makes a producer and registers it: see `Producer.register` for callbacks, their order, and errors. */
  async registerProducer(options: ProducerOptions): Promise<Registration> {
    return this.producer(options).register(options.token, options.irq);
  }

  /** Makes a consumer and registers it: see `Consumer.register` for callbacks, their order, and errors. */
  async registerConsumer(options: ConsumerOptions): Promise<Registration> {
    return this.consumer(options).register(options.token);
  }

  /** Registers many producers at once, such as all vectors of a device; a result for each, in the order given. */
  registerProducers(items: readonly ProducerOptions[]): Promise<BatchResult[]> {
    return Promise.all(items.map((item) => batchResult(this.registerProducer(item))));
  }

  /** Registers many consumers at once; a result for each, in the order given. */
  registerConsumers(items: readonly ConsumerOptions[]): Promise<BatchResult[]> {
    return Promise.all(items.map((item) => batchResult(this.registerConsumer(item))));
  }

  /**
   * This host's registration of a side with this token as the registry sees it, its peer included.
   * @throws IrqBypassError what the registry refused it with; -ETIMEDOUT when no registry answered within 5 s.
   */
  async lookUp(side: Side, token: string): Promise<RegistrationViewMessage | undefined> {
    const reply = await answered(this.ports.caller.get(side, parseToken(token), QUERY_TIMEOUT_MS));
    if (reply.failure !== undefined) throw reply.failure;
    return reply.registration;
  }

  /**
   * This host's registrations of a side, in the order in which they were made.
   * @throws IrqBypassError what the registry refused it with; -ETIMEDOUT when no registry answered within 5 s.
   */
  async *list(side: Side, { tokenPrefix = '' }: ListOptions = {}): AsyncGenerator<RegistrationViewMessage> {
    for (let afterSequence = 0; ; ) {
      const page = await answered(this.ports.caller.list(side, { tokenPrefix, afterSequence, limit: PAGE }, QUERY_TIMEOUT_MS));
      if (page.failure !== undefined) throw page.failure;
      yield* page.registrations;
      const last = page.registrations.at(-1);
      if (!page.more || last === undefined) return;
      afterSequence = last.sequence;
    }
  }

  /**
   * Unregisters everything, ends the session and the connection. Takes `closeTimeoutMs` at most; what is not
   * unregistered by then is torn down here and expired by the registries. May be called more than once.
   */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  /** Passes on what the connection tells of itself. */
  connectionEvent(name: 'disconnected' | 'reconnected', server: string): void {
    this.events.emit(name, { server });
  }

  private async closeAll(): Promise<void> {
    const { clock } = this.ports;
    const { closeTimeoutMs } = this.timeouts;
    const unregisterOver = new AbortController();
    const allOver = new AbortController();
    const timers = [clock.after(closeTimeoutMs * UNREGISTER_PART, () => unregisterOver.abort()), clock.after(closeTimeoutMs, () => allOver.abort())];
    try {
      await unlessAborted(this.slots.unregisterAll(), unregisterOver.signal);
      await unlessAborted(this.keeper.close(allOver.signal), allOver.signal);
    } catch (error) {
      this.log.warn('the session is left to run out, since its bucket did not answer', { host: this.host, error });
    } finally {
      for (const timer of timers) timer.cancel();
      await this.connection.close();
    }
  }

  private idOf({ id }: ParticipantOptions): string {
    if (this.closing !== undefined) throw new IrqBypassError(Errno.ENODEV, 'this client is closed');
    return id === undefined ? this.ports.random.id() : parseParticipantId(id);
  }

  private makeSlots(): Slots {
    const { host, clock, random } = this.ports;
    let requests = 0;
    return new Slots({
      host,
      clock,
      random,
      nextRequestNumber: () => ++requests,
      requestTimeoutMs: this.timeouts.requestTimeoutMs,
      session: (signal) => this.keeper.current(signal),
      onWarning: (request, message) => this.warn(request, message),
      onRestored: (request) => this.events.emit('registrationRestored', eventOf(request)),
      onLost: (request, restoring, error) => this.events.emit('registrationLost', { ...eventOf(request), restoring, error }),
    });
  }

  private makeKeeper(autoReopen: boolean): SessionKeeper {
    return new SessionKeeper({
      ports: this.ports,
      autoReopen,
      onFault: (fault) => this.callbackFailed(fault),
      onUnanswered: (error) => this.log.warn('the session cannot be renewed at the moment', { host: this.host, session: this.sessionName, error }),
      onOpenFailed: (error) => this.log.warn('no session can be opened at the moment; trying on', { host: this.host, error }),
      onOpened: (session, replaces) => {
        this.sessionName = session.name;
        this.events.emit('sessionOpened', { session: session.name, replaces });
      },
      onLost: (session, reason) => {
        this.sessionName = undefined;
        const reopening = autoReopen && this.closing === undefined;
        this.events.emit('sessionLost', { session: session.name, reason, reopening });
        this.slots.sessionLost(session, reopening);
      },
    });
  }

  private warn(request: RegistrationEvent, message: string): void {
    this.log.warn(message, { host: this.host, ...eventOf(request) });
    this.events.emit('warning', { ...eventOf(request), message });
  }

  private callbackFailed({ side, participant, token, callback, operationSequence, error }: CallbackFault): void {
    const event = { side, id: participant.id, token, callback, operationSequence, error };
    this.log.warn(`${callback} of the ${side} failed`, { host: this.host, ...event });
    this.events.emit('callbackError', event);
  }
}

function eventOf({ side, id, token }: RegistrationEvent): RegistrationEvent {
  return { side, id, token };
}

async function batchResult(registering: Promise<Registration>): Promise<BatchResult> {
  try {
    return { ok: await registering };
  } catch (error) {
    if (error instanceof IrqBypassError) return { error };
    throw error;
  }
}

async function answered<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof NoAnswerError) throw new IrqBypassError(Errno.ETIMEDOUT, error.message, { cause: error });
    throw error;
  }
}
