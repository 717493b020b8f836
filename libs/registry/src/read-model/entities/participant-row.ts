import { EntitySchema } from 'typeorm';

/** What is remembered of a participant and does not follow from its token's state: as a rule, of one at rest. */
export interface ParticipantRow {
  /** Grows with each change: the order in which participants came to rest. */
  readonly position: number;
  /** As `participantKey` makes it. */
  readonly key: string;
  /** 1 for a participant at rest, which may be dropped when there are too many. */
  readonly atRest: number;
  /** Its ParticipantMemory, as `participant-memory-codec.ts` writes it. */
  readonly memory: string;
}

export const ParticipantEntity = new EntitySchema<ParticipantRow>({
  name: 'participants',
  columns: {
    position: { type: 'integer', primary: true },
    key: { type: 'text', unique: true },
    atRest: { type: 'integer' },
    memory: { type: 'text' },
  },
});
