import type { LogEvent, Side } from '@irqmesh/domain';
import type { ClientCall } from './history.ts';

/** How sentences name an event: its place in the log, what it is, and its token. */
export function describeEvent({ sequence, token, body }: LogEvent): string {
  return `event ${sequence} (${body.type} of ${token})`;
}

/** How sentences name a call. */
export function describeCall({ id, verb, side, host, participant, token }: ClientCall): string {
  return `call ${id} (${verb} ${describeParticipant(host, side, participant)} ${token})`;
}

/** `producer host-a/vector-3`. */
export function describeParticipant(host: string, side: Side, participant: string): string {
  return `${side} ${host}/${participant}`;
}
