const NUMBERED = /^([0-9]{1,15})\./;

/**
 * A request id that says which of its participant's requests it belongs to: `17.` and something unique. Any other id
 * is as good; registries just cannot tell a late copy of it from a new request then.
 * @param number counts up over a session's requests, from 1.
 */
export function numberedRequestId(number: number, unique: string): string {
  return `${number}.${unique}`;
}

/** Whether both ids are numbered, and the first request was made before the second. */
export function isEarlierRequest(requestId: string, than: string): boolean {
  const number = NUMBERED.exec(requestId)?.[1];
  const other = NUMBERED.exec(than)?.[1];
  return number !== undefined && other !== undefined && Number(number) < Number(other);
}
