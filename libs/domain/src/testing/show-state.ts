import type { TokenState } from '../token-state.ts';

/** `producer connected consumer | open operations | settled operations with results`, in one line. */
export function showState(state: TokenState): string {
  const holders = [state.producer, state.consumer].map((holder) => holder?.participant.id ?? '-').join(state.connected ? '=' : ' ');
  const queue = state.queue.map((operation) => `${operation.kind} ${operation.sequence}`).join(', ');
  const settled = state.settled.map(({ operation, result }) => `${operation.sequence}: ${result}`).join(', ');
  return `${holders} | ${queue} | ${settled}`;
}
