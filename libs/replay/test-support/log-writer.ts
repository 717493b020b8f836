import { eventKind, Fold, nextOperation, NO_PROGRESS, plan, withReply } from '@irqmesh/domain';
import type {
  Call, Callback, CallbackRun, EventBody, LogEvent, Next, Outcome, PairEvent, PairOperation, Progress, RegisteredEvent, Side, UnregisteredEvent, UnregisterReason,
} from '@irqmesh/domain';
import { registerCommand } from '@irqmesh/domain/testing';
import type { RegistrationOptions } from '@irqmesh/domain/testing';
import type { LogEntry, ReadableEntry } from '../src/index.ts';

/** What a callback returns; 0 where nothing is said. */
export type Results = Readonly<Partial<Record<`${Side}.${Callback}`, number>>>;

/** Writes a log as the registries and matchers do: each call appends one event and returns its sequence. */
export class LogWriter {
  readonly entries: LogEntry[] = [];
  readonly fold = new Fold();

  register(side: Side, id: string, options: RegistrationOptions = {}): number {
    const { token, participant, callbacks, deadlineMs, requestId, irq } = registerCommand(side, id, options);
    const details = { participant, callbacks, deadlineMs, requestId };
    return this.append(token, side === 'producer' ? { type: 'ProducerRegistered', ...details, irq: irq ?? 0 } : { type: 'ConsumerRegistered', ...details });
  }

  unregister(registrationSequence: number, reason: UnregisterReason = 'requested'): number {
    const { token, body } = this.event(registrationSequence) as LogEvent & { body: RegisteredEvent };
    const type = body.type === 'ProducerRegistered' ? 'ProducerUnregistered' : 'ConsumerUnregistered';
    const { participant, requestId: registrationRequestId } = body;
    return this.append(token, { type, participant, registrationSequence, registrationRequestId, requestId: `end-${this.entries.length}`, reason });
  }

  expire(registrationSequence: number): number {
    return this.unregister(registrationSequence, 'session_expired');
  }

  /** Drives the open operation to its end. */
  settle(token = 'token', results: Results = {}): number {
    return this.append(token, this.outcome(token, results));
  }

  /** What a matcher would decide now, the callbacks returning these results. */
  outcome(token = 'token', results: Results = {}): Outcome {
    const operation = nextOperation(this.fold.token(token))!;
    let progress: Progress = NO_PROGRESS;
    let next: Next = plan(operation, progress);
    while ('call' in next) {
      progress = withReply(progress, next.call, reply(next.call, results));
      next = plan(operation, progress);
    }
    return next.outcome;
  }

  operation(token = 'token'): PairOperation | undefined {
    return nextOperation(this.fold.token(token));
  }

  /** A connected pair. */
  pair(token = 'token'): { readonly producer: number; readonly consumer: number; readonly connected: number } {
    const producer = this.register('producer', `P-${token}`, { token });
    const consumer = this.register('consumer', `C-${token}`, { token });
    return { producer, consumer, connected: this.settle(token) };
  }

  /** @param forged what the entry and its event say otherwise than they should. */
  append(token: string, body: EventBody, forged: Partial<Omit<ReadableEntry, 'event'>> & { readonly event?: Partial<LogEvent> } = {}): number {
    const sequence = this.entries.length + 1;
    const kind = eventKind(body.type);
    const expectedLastSequence = kind === 'note' ? undefined : this.fold.token(token).lastSequence[kind];
    const event: LogEvent = { sequence, id: `event-${sequence}`, token, timeMs: sequence, source: `${kind}/1`, causationId: causeOf(body), body, ...forged.event };
    this.fold.apply(event);
    this.entries.push({ sequence, expectedLastSequence, checksum: 'right', contradiction: undefined, ...forged, event });
    return sequence;
  }

  event(sequence: number): LogEvent {
    return (this.entries[sequence - 1] as ReadableEntry).event;
  }
}

/** The log that a story leaves. */
export function written(story: (log: LogWriter) => void): LogWriter {
  const log = new LogWriter();
  story(log);
  return log;
}

function reply(call: Call, results: Results): CallbackRun[] {
  const runs: CallbackRun[] = [];
  if (call.kind === 'rollback') return runs;
  for (const callback of call.steps) {
    const result = results[`${call.side}.${callback}`] ?? 0;
    runs.push({ side: call.side, callback, result, durationUs: 1, skipped: false });
    if (result !== 0) break;
  }
  return runs;
}

/** What an event names as its cause. */
export function causeOf(body: EventBody): string {
  if (body.type === 'RegistrationRefused') return 'request';
  if (!('requestId' in body)) return String((body as PairEvent).operationSequence);
  const isExpiry = 'reason' in body && (body as UnregisteredEvent).reason !== 'requested';
  return isExpiry ? String((body as UnregisteredEvent).registrationSequence) : body.requestId;
}
