import { participantKey } from '@irqmesh/domain';
import type { Clock, NewEvent, Random, RegisterCommand, Timer } from '@irqmesh/domain';
import type { EventLog } from '@irqmesh/event-log';

/** Repeats of a refusal within this time are one note. */
const GATHER_MS = 1_000;
/** Different refusals that may be gathering at once; further ones are counted as lost. */
const MAX_GATHERING = 1_000;

/** What was refused, with which result, and the registration that stands in the way, if one does. */
export interface Refusal {
  readonly command: RegisterCommand;
  readonly result: number;
  readonly holderSequence: number | undefined;
}

interface Gathering {
  readonly refusal: Refusal;
  count: number;
  readonly timer: Timer;
}

export interface RefusalNotesOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: string;
  /** A note could not be written: evidence is missing, nothing else. */
  readonly onLost: (reason: string) => void;
}

/** Writes down in the log what was refused to whom and why. The kernel tells only the caller. */
export class RefusalNotes {
  private readonly gathering = new Map<string, Gathering>();
  private readonly writes = new Set<Promise<void>>();
  private readonly options: RefusalNotesOptions;

  constructor(options: RefusalNotesOptions) {
    this.options = options;
  }

  refused(refusal: Refusal): void {
    const key = keyOf(refusal);
    const known = this.gathering.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    if (this.gathering.size >= MAX_GATHERING) return this.options.onLost('too many different refusals within a second');
    const timer = this.options.clock.after(GATHER_MS, () => this.flush(key));
    this.gathering.set(key, { refusal, count: 1, timer });
  }

  /** The note of a refusal, for whoever appends it at once: it stands for all that have gathered, and gathers no more. */
  take(refusal: Refusal): NewEvent {
    const key = keyOf(refusal);
    const gathered = this.gathering.get(key);
    gathered?.timer.cancel();
    this.gathering.delete(key);
    return this.noteOf(refusal, gathered?.count ?? 1);
  }

  /** Writes what is gathered and waits until it is written. */
  async close(): Promise<void> {
    for (const key of [...this.gathering.keys()]) this.flush(key);
    await Promise.all(this.writes);
  }

  private flush(key: string): void {
    const gathered = this.gathering.get(key);
    if (gathered === undefined) return;
    gathered.timer.cancel();
    this.gathering.delete(key);
    const write = this.write(gathered).finally(() => this.writes.delete(write));
    this.writes.add(write);
  }

  private async write({ refusal, count }: Gathering): Promise<void> {
    const { log, onLost } = this.options;
    try {
      await log.append({ event: this.noteOf(refusal, count) });
    } catch (error) {
      onLost((error as Error).message);
    }
  }

  private noteOf({ command, result, holderSequence }: Refusal, count: number): NewEvent {
    const { side, participant, token, requestId } = command;
    const { clock, random, source } = this.options;
    return { id: `note:${random.id()}`, token, timeMs: clock.nowMs(), source, causationId: requestId, body: { type: 'RegistrationRefused', side, participant, result, holderSequence, count } };
  }
}

function keyOf({ command, result, holderSequence }: Refusal): string {
  return `${participantKey(command.side, command.participant)} ${command.token} ${result} ${holderSequence ?? ''}`;
}
