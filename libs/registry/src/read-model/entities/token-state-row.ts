import { EntitySchema } from 'typeorm';

/** One token that is not idle. The table is what a restart reads; all others serve queries. */
export interface TokenStateRow {
  readonly token: string;
  /** Its TokenState, as `token-state-codec.ts` writes it. */
  readonly state: string;
}

export const TokenStateEntity = new EntitySchema<TokenStateRow>({
  name: 'token_states',
  columns: {
    token: { type: 'text', primary: true },
    state: { type: 'text' },
  },
});
