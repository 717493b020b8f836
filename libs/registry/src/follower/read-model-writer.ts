import { participantKey } from '@irqmesh/domain';
import type { Clock, Fold, LogEvent, Participant, ParticipantMemory, Side, Timer, TokenState } from '@irqmesh/domain';
import type { ReadModel } from '../read-model/port.ts';

/** How long a change may wait before it is written. */
const WRITE_AFTER_MS = 200;
/** How many changed tokens make a batch that is written at once: SQLite works in the calling thread, so few. */
const WRITE_AT_TOKENS = 500;

/** Gathers what the fold changes and writes it to the read model in batches, one at a time. */
export class ReadModelWriter {
  logCreatedMs = 0;
  private tokens = new Map<string, TokenState>();
  private participants = new Map<string, ParticipantMemory>();
  private last: LogEvent | undefined;
  private timer: Timer | undefined;
  private writing: Promise<void> | undefined;
  private failed = false;
  private notedSequence = 0;
  private writtenSequence = 0;
  private flushes: { readonly sequence: number; readonly resolve: () => void }[] = [];
  private readonly readModel: ReadModel;
  private readonly clock: Clock;
  private readonly onError: (error: Error) => void;

  constructor(readModel: ReadModel, clock: Clock, onError: (error: Error) => void) {
    this.readModel = readModel;
    this.clock = clock;
    this.onError = onError;
  }

  /** Notes what an event changed: its token, and the participants it names or settles. */
  note(fold: Fold, state: TokenState, event: LogEvent): void {
    this.last = event;
    this.notedSequence = event.sequence;
    this.tokens.set(state.token, state);
    for (const [side, participant] of touched(state, event)) {
      const memory = fold.participant(side, participant);
      if (memory === undefined) continue;
      const key = participantKey(side, participant);
      // Moved to the end: the read model drops those that changed first.
      this.participants.delete(key);
      this.participants.set(key, memory);
    }
    if (this.tokens.size >= WRITE_AT_TOKENS) this.startWriting();
    else this.timer ??= this.clock.after(WRITE_AFTER_MS, () => this.startWriting());
  }

  /** Resolves when all that was noted before the call is written, or nothing can be written any more. */
  async flush(): Promise<void> {
    if (this.failed || this.notedSequence <= this.writtenSequence) return;
    const sequence = this.notedSequence;
    await new Promise<void>((resolve) => {
      this.flushes.push({ sequence, resolve });
      this.startWriting();
    });
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    await this.flush();
    this.timer?.cancel();
  }

  private startWriting(): void {
    this.timer?.cancel();
    this.timer = undefined;
    // While a batch is being written the next one gathers; the write under way takes it on when it is done.
    this.writing ??= this.writeAll()
      .catch((error: Error) => {
        this.failed = true;
        this.releaseFlushes();
        this.onError(error);
      })
      .finally(() => {
        this.writing = undefined;
        // Noted after the last batch was taken and before this ran.
        if (this.last !== undefined && !this.failed) this.startWriting();
      });
  }

  private async writeAll(): Promise<void> {
    while (this.last !== undefined) {
      const { last, tokens, participants } = this;
      this.last = undefined;
      this.tokens = new Map();
      this.participants = new Map();
      const checkpoint = { createdMs: this.logCreatedMs, sequence: last.sequence, eventId: last.id };
      await this.readModel.write({ checkpoint, tokens: [...tokens.values()], participants: [...participants.values()] });
      this.writtenSequence = last.sequence;
      this.releaseFlushes();
    }
  }

  private releaseFlushes(): void {
    const due = this.flushes.filter(({ sequence }) => this.failed || sequence <= this.writtenSequence);
    this.flushes = this.flushes.filter((flush) => !due.includes(flush));
    for (const { resolve } of due) resolve();
  }
}

function* touched(state: TokenState, { body }: LogEvent): Generator<[Side, Participant]> {
  switch (body.type) {
    case 'ProducerRegistered':
    case 'ProducerUnregistered':
      yield ['producer', body.participant];
      break;
    case 'ConsumerRegistered':
    case 'ConsumerUnregistered':
      yield ['consumer', body.participant];
      break;
    default:
  }
  for (const { operation } of state.settled) {
    if (operation.kind === 'register') yield [operation.registration.side, operation.registration.participant];
    else yield [operation.side, operation.participant];
  }
}
