import { isVoid, nextOperation } from '@irqmesh/domain';
import type { LogEvent, PairEvent, TokenState } from '@irqmesh/domain';
import type { EventType } from './event-types.ts';

/** Which events are wanted; all where nothing is said. */
export interface Selection {
  readonly token?: string | undefined;
  readonly host?: string | undefined;
  readonly types?: readonly EventType[] | undefined;
}

/** Whether the event's token and type are wanted: what can be told from the event alone. */
export function mayBeWanted({ token, body }: LogEvent, selection: Selection): boolean {
  return (selection.token === undefined || selection.token === token) && (selection.types === undefined || selection.types.includes(body.type));
}

/** Whether the token's state before the event is needed to tell what it means, or whom it is about. */
export function needsState({ body }: LogEvent, { host }: Selection): boolean {
  return isPairEvent(body) || (body.type === 'HandshakeStalled' && host !== undefined);
}

/** Whether the host takes part in the event. @param state of its token before the event, where `needsState` */
export function involvesHost({ body }: LogEvent, host: string, state: TokenState | undefined): boolean {
  if ('participant' in body) return body.participant.host === host;
  if (state === undefined) return false;
  const operation = nextOperation(state);
  return [operation?.producer ?? state.producer, operation?.consumer ?? state.consumer].some((side) => side?.participant.host === host);
}

/** Whether the event counts for nothing. @param state of its token before the event, where `needsState` */
export function isVoidEvent({ body }: LogEvent, state: TokenState | undefined): boolean {
  return state !== undefined && isPairEvent(body) && isVoid(state, body);
}

function isPairEvent(body: LogEvent['body']): body is PairEvent {
  return 'operationSequence' in body && body.type !== 'HandshakeStalled';
}
