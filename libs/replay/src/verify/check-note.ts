import { Errno, findRegistration, formatResult, nextOperation, participantKey } from '@irqmesh/domain';
import type { Fold, HandshakeStalled, LogEvent, RegistrationRefused, Side } from '@irqmesh/domain';
import { BoundedMap } from './bounded-map.ts';
import type { Breach } from './entry.ts';
import { OUTCOMES_KEPT } from './token-track.ts';
import type { TokenTrack } from './token-track.ts';

const REGISTRATIONS_KEPT = 65_536;
/** What a registry refuses a register with. */
const REFUSALS: readonly number[] = [Errno.EINVAL, Errno.EBUSY, Errno.ENOMEM, Errno.ESTALE];

interface KnownRegistration {
  readonly token: string;
  readonly side: Side;
  readonly participant: string;
}

/** Whether notes tell of what is there. They may come late: what they tell of may be over. */
export class NoteCheck {
  /** The last registrations, whatever became of them. */
  private readonly registrations = new BoundedMap<number, KnownRegistration>(REGISTRATIONS_KEPT);

  /** Remembers a registration, for notes that name it. */
  noteRegistered({ sequence, token, body }: LogEvent): void {
    if (body.type !== 'ProducerRegistered' && body.type !== 'ConsumerRegistered') return;
    const side: Side = body.type === 'ProducerRegistered' ? 'producer' : 'consumer';
    this.registrations.set(sequence, { token, side, participant: participantKey(side, body.participant) });
  }

  /** `unknown` for a note on an operation that was settled too long ago. */
  checkStalled({ operationSequence }: HandshakeStalled, { state, outcomes }: TokenTrack): Breach | 'unknown' | undefined {
    if (nextOperation(state)?.sequence === operationSequence) return undefined;
    if (outcomes.some((outcome) => outcome.operationSequence === operationSequence)) return undefined;
    if (outcomes.length === OUTCOMES_KEPT && operationSequence < outcomes[0]!.operationSequence) return 'unknown';
    return note(`it says that operation ${operationSequence} stalls, which its token never had to be driven`);
  }

  /** `unknown` for a note on a registration that was made too long ago. */
  checkRefused({ side, participant, result, holderSequence }: RegistrationRefused, event: LogEvent, { state }: TokenTrack, fold: Fold): Breach | 'unknown' | undefined {
    if (!REFUSALS.includes(result)) return note(`no registry refuses with ${formatResult(result)}`);
    if (holderSequence === undefined) return result === Errno.EBUSY ? note('it says that the token was taken, and not by which registration') : undefined;
    const who = participantKey(side, participant);
    const holder = this.registrations.get(holderSequence);
    if (result === Errno.EBUSY) {
      const isOfToken = holder === undefined ? findRegistration(state, holderSequence)?.side === side : holder.token === event.token && holder.side === side;
      if (isOfToken) return undefined;
    } else if (result === Errno.EINVAL) {
      const isOwn = holder === undefined ? fold.participant(side, participant)?.register.sequence === holderSequence : holder.participant === who;
      if (isOwn) return undefined;
    }
    if (holder === undefined && this.registrations.forgotten > 0 && holderSequence < event.sequence) return 'unknown';
    return note(`it says that registration ${holderSequence} stood in the way of the ${side}, which it cannot have`);
  }
}

function note(sentence: string): Breach {
  return { invariant: 'note', sentence };
}
