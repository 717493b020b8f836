import { EntitySchema } from 'typeorm';

/** The one row that says up to where in which log the other tables stand. */
export interface CheckpointRow {
  /** Always 1. */
  readonly id: number;
  readonly createdMs: number;
  readonly sequence: number;
  readonly eventId: string;
}

export const CheckpointEntity = new EntitySchema<CheckpointRow>({
  name: 'checkpoint',
  columns: {
    id: { type: 'integer', primary: true },
    createdMs: { type: 'integer' },
    sequence: { type: 'integer' },
    eventId: { type: 'text' },
  },
});
