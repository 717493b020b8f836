import { EntitySchema } from 'typeorm';

/** One connected pair. */
export interface PairRow {
  readonly token: string;
  readonly producerSequence: number;
  readonly consumerSequence: number;
  /** The operation that connected it: the later of the two registrations. */
  readonly connectedBySequence: number;
}

export const PairEntity = new EntitySchema<PairRow>({
  name: 'pairs',
  withoutRowid: true,
  columns: {
    token: { type: 'text', primary: true },
    producerSequence: { type: 'integer' },
    consumerSequence: { type: 'integer' },
    connectedBySequence: { type: 'integer' },
  },
});
