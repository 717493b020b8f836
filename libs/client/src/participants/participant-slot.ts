import { Errno, IrqBypassError, numberedRequestId } from '@irqmesh/domain';
import type { Clock, Random, Side } from '@irqmesh/domain';
import { CommandQueue } from '../calls/command-queue.ts';
import { sleepUntil, unlessAborted } from '../calls/settle.ts';
import type { Settled } from '../calls/settle.ts';
import type { OpenSession } from '../session/open-session.ts';
import { Deadline } from './deadline.ts';
import { RegistrationRecord } from './registration-record.ts';
import type { RegistrationBasis, RegistrationRequest } from './registration-record.ts';

/** What the slots of a client share. */
export interface SlotContext {
  readonly host: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Counts the client's registrations, from 1. */
  readonly nextRequestNumber: () => number;
  /** How long a register or unregister may take before its caller is told -ETIMEDOUT. */
  readonly requestTimeoutMs: number;
  /** The open session, or the next; undefined when `signal` is aborted before; rejects when there will be none. */
  readonly session: (signal: AbortSignal) => Promise<OpenSession | undefined>;
  readonly onWarning: (request: RegistrationRequest, message: string) => void;
  readonly onRestored: (request: RegistrationRequest) => void;
  readonly onLost: (request: RegistrationRequest, restoring: boolean, error?: IrqBypassError) => void;
}

/** Where a command tells what it waits for. */
type Progress = Pick<Deadline, 'waitingFor'>;

/** One participant of this host over all its registrations: one command and one registration at a time (rule 5). */
export class ParticipantSlot {
  private readonly name: string;
  private readonly context: SlotContext;
  private readonly queue = new CommandQueue();
  private current: RegistrationRecord | undefined;
  /** Resolves when nothing of the last registration can run any more; undefined when that is so. */
  private ending: Promise<void> | undefined;
  /**
   * Until when a registry may carry out an attempt at an earlier registration whose answer is missing.
   * A registry recognises a late copy by the participant's newest request id. Had a newer registration come and gone
   * meanwhile, it would take the copy for a new request and register the participant behind everybody's back. So no
   * other registration is asked for before the registries would drop every earlier attempt (rule 10).
   */
  private openUntilMs = -Infinity;

  constructor(side: Side, id: string, context: SlotContext) {
    this.name = `${side} ${context.host}/${id}`;
    this.context = context;
  }

  /** The registration that stands, or whose unregister is under way. */
  get registration(): RegistrationRecord | undefined {
    const { current } = this;
    return current?.state === 'registered' || current?.state === 'unregistering' ? current : undefined;
  }

  /** Whether nothing of this participant has to be remembered. */
  get isIdle(): boolean {
    return this.current === undefined && this.queue.isEmpty && this.ending === undefined && this.openUntilMs <= this.context.clock.monotonicMs();
  }

  /** @param onAccepted called when it is clear that the participant is not registered: from here on the irq is recorded. */
  register(request: RegistrationRequest, onAccepted: () => void): Promise<RegistrationRecord> {
    const deadline = new Deadline(this.context.clock, this.context.requestTimeoutMs);
    return deadline.await(this.queue.run(() => this.carryOutRegister(request, onAccepted, deadline)), `registering ${this.name}`);
  }

  /** @param expected the registration that is to end; any other that stands is left alone. */
  unregister(expected?: RegistrationRecord): Promise<void> {
    if (expected === undefined || expected === this.current) this.current?.setUnwanted();
    const deadline = new Deadline(this.context.clock, this.context.requestTimeoutMs);
    return deadline.await(this.queue.run(() => this.carryOutUnregister(expected, deadline)), `unregistering ${this.name}`);
  }

  /** What was registered under this session is lost, and restored under the next one if that is wanted. */
  sessionLost(session: OpenSession, mayRestore: boolean): void {
    const record = this.current;
    if (record?.basis.session !== session || record.state !== 'registered') return;
    const restoring = mayRestore && !record.unwanted.aborted;
    if (restoring) record.state = 'lost';
    else this.drop(record);
    this.context.onLost(record.request, restoring);
    if (restoring) this.queue.run(() => this.restore(record)).catch((error: unknown) => this.restoreFailed(record, error));
  }

  private async carryOutRegister(request: RegistrationRequest, onAccepted: () => void, deadline: Deadline): Promise<RegistrationRecord> {
    if (this.current !== undefined) {
      const message = `${this.name} is registered already, with token ${JSON.stringify(this.current.request.token)}`;
      this.context.onWarning(request, message);
      throw new IrqBypassError(Errno.EINVAL, message);
    }
    onAccepted();
    const basis = await this.nextBasis(request, deadline.signal, deadline);
    // Its caller has been told that it took too long; nothing was sent.
    if (basis === undefined) throw new IrqBypassError(Errno.ETIMEDOUT, deadline.waitingFor);
    const record = new RegistrationRecord(request, basis);
    this.current = record;
    const settled = await this.settleRegister(record, deadline, deadline.signal);
    if (settled?.warning === true) this.context.onWarning(request, settled.message);
    if (settled?.result !== 0) {
      this.drop(record);
      if (settled !== undefined) throw new IrqBypassError(settled.result, settled.message);
      throw new IrqBypassError(Errno.ENODEV, `the session was lost while ${this.name} was being registered`);
    }
    record.sequence = settled.sequence;
    record.state = 'registered';
    if (deadline.signal.aborted) await this.undoOverdue(record);
    return record;
  }

  /** Its caller has been told that it failed: it is unregistered again, for as long as that takes or the session lasts. */
  private async undoOverdue(record: RegistrationRecord): Promise<void> {
    record.setUnwanted();
    record.state = 'unregistering';
    await this.settleUnregister(record, { waitingFor: '' }, new AbortController().signal);
    this.drop(record);
  }

  private async carryOutUnregister(expected: RegistrationRecord | undefined, deadline: Deadline): Promise<void> {
    const record = this.current;
    if (record !== undefined && (expected === undefined || expected === record)) await this.endRegistration(record, deadline);
    // Also where nothing is registered: a callback of the last registration may have overrun its deadline and still run.
    deadline.waitingFor = 'a callback of it still runs';
    if (this.ending !== undefined) await unlessAborted(this.ending, deadline.signal);
  }

  private async endRegistration(record: RegistrationRecord, deadline: Deadline): Promise<void> {
    const { session } = record.basis;
    if (record.state === 'lost') return this.drop(record);
    record.state = 'unregistering';
    const settled = await this.settleUnregister(record, deadline, deadline.signal);
    // With the session everything of it is over: nothing is called any more, and the registries expire it.
    if (settled?.result === 0 || session.ended.aborted) return this.drop(record);
    record.state = 'registered';
    if (settled !== undefined) throw new IrqBypassError(settled.result, settled.message);
  }

  /** Registers a lost registration again, under whatever session comes next, until it stands or is refused. */
  private async restore(record: RegistrationRecord): Promise<void> {
    while (this.current === record) {
      await unlessAborted(record.basis.session.agent.end(record.basis.agent), record.unwanted);
      const basis = await this.nextBasis(record.request, record.unwanted, { waitingFor: '' });
      // The unregister that does not want it any more is behind this in the queue.
      if (basis === undefined) return;
      record.basis = basis;
      record.state = 'registering';
      const settled = await this.settleRegister(record, { waitingFor: '' });
      record.sequence = settled?.sequence;
      record.state = settled?.result === 0 ? 'registered' : 'lost';
      if (settled?.result === 0) return this.context.onRestored(record.request);
      if (settled !== undefined) throw new IrqBypassError(settled.result, settled.message);
    }
  }

  private restoreFailed(record: RegistrationRecord, error: unknown): void {
    if (!(error instanceof IrqBypassError)) throw error;
    this.drop(record);
    this.context.onLost(record.request, false, error);
  }

  /**
   * Holds the participant's next registration under the open session, or the next one, once nothing of an earlier
   * registration can run or be carried out any more. Undefined when `signal` is aborted before.
   */
  private async nextBasis(request: RegistrationRequest, signal: AbortSignal, progress: Progress): Promise<RegistrationBasis | undefined> {
    const { clock, random, host } = this.context;
    progress.waitingFor = 'a callback of its last registration still runs';
    if (this.ending !== undefined) await unlessAborted(this.ending, signal);
    progress.waitingFor = 'an earlier request whose answer is missing may still be carried out';
    await sleepUntil(clock, this.openUntilMs, signal);
    progress.waitingFor = 'there is no session';
    let session = await this.context.session(signal);
    while (session?.ended.aborted === true) session = await this.context.session(signal);
    if (session === undefined || signal.aborted) return undefined;
    const { side, id, token, callbacks, deadlineMs, quiesceGroup } = request;
    const requestId = numberedRequestId(this.context.nextRequestNumber(), random.id());
    const participant = { host, session: session.name, id };
    return { session, requestId, agent: session.agent.hold({ side, participant, token, requestId, callbacks, deadlineMs, quiesceGroup }) };
  }

  /** @param abandoned aborted when its caller gives up; a registration that is restored is never given up. */
  private settleRegister({ request, basis }: RegistrationRecord, progress: Progress, abandoned?: AbortSignal): Promise<Settled | undefined> {
    const { side, id, token, irq, supplied, deadlineMs, quiesceGroup } = request;
    const { session, requestId } = basis;
    const item = { participantId: id, token, requestId, irq, callbacks: supplied, callbackDeadlineMs: deadlineMs, quiesceGroup };
    const onUnanswered = (untilMs: number): void => void (this.openUntilMs = Math.max(this.openUntilMs, untilMs));
    return session.commands.register(side, item, { onUnanswered, onWaiting: (why) => void (progress.waitingFor = why), abandoned });
  }

  private settleUnregister({ request, basis, sequence: registrationSequence }: RegistrationRecord, progress: Progress, signal: AbortSignal): Promise<Settled | undefined> {
    const { side, id, token } = request;
    const { session, requestId: registrationRequestId } = basis;
    const item = { participantId: id, token, registrationRequestId, registrationSequence, requestId: this.context.random.id() };
    // It names the registration that it ends, so a late copy of it can do no harm.
    return session.commands.unregister(side, item, { onUnanswered: () => {}, onWaiting: (why) => void (progress.waitingFor = why) }, signal);
  }

  /** It does not stand any more; what may still run of it ends by itself, and is waited for. */
  private drop(record: RegistrationRecord): void {
    const { session, agent } = record.basis;
    record.state = 'ended';
    this.current = undefined;
    const ending = session.agent.end(agent).then(() => {
      if (this.ending === ending) this.ending = undefined;
    });
    this.ending = ending;
  }
}
