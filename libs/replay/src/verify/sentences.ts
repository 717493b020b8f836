/** `event 7`, or `none` for 0. */
export function eventOrNone(sequence: number): string {
  return sequence === 0 ? 'none' : `event ${sequence}`;
}
