import { EntitySchema } from 'typeorm';
import type { Side } from '@irqmesh/domain';

/**
 * One registration that is not removed: what of it never changes and can be searched for. Where it stands is read from
 * its token's state, so that the two cannot disagree.
 */
export interface RegisteredRow {
  readonly sequence: number;
  readonly side: Side;
  readonly token: string;
  readonly host: string;
  readonly session: string;
  readonly participantId: string;
  /** Producers only. */
  readonly irq: number | null;
}

export const RegisteredEntity = new EntitySchema<RegisteredRow>({
  name: 'registrations',
  columns: {
    // An INTEGER PRIMARY KEY is SQLite's row id: every index ends with it, so each of them lists in the log's order.
    sequence: { type: 'integer', primary: true },
    side: { type: 'text' },
    token: { type: 'text' },
    host: { type: 'text' },
    session: { type: 'text' },
    participantId: { type: 'text' },
    irq: { type: 'integer', nullable: true },
  },
  indices: [{ columns: ['token'] }, { columns: ['host', 'side'] }],
});
