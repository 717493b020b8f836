import type { CallbackCall, ClientCall, ClientTurn } from '@irqmesh/test-history';

/** What an agent's process tells, a line of JSON each, at the moment when it happens. Ids count within the process. */
export type Told =
  | { readonly told: 'call'; readonly call: ClientCall }
  | ({ readonly told: 'return' } & Pick<ClientCall, 'id' | 'returnedAt' | 'result' | 'session' | 'requestId'>)
  | { readonly told: 'callback'; readonly id: number; readonly callback: CallbackCall }
  | ({ readonly told: 'callback-end'; readonly id: number } & Pick<CallbackCall, 'returnedAt' | 'result'>)
  | { readonly told: 'turn'; readonly turn: ClientTurn }
  /** It kills itself in the middle of a callback. */
  | { readonly told: 'crash' }
  /** No call of it is under way any more, and it makes no more. */
  | { readonly told: 'idle' }
  /** A mistake of the program rather than trouble in the world. */
  | { readonly told: 'surprise'; readonly sentence: string };
