import type { Registration, Side, TokenState } from '@irqmesh/domain';
import { otherSide } from '@irqmesh/domain';
import type { RegistrationRow, RegistrationState } from './port.ts';

/** A token's registrations as queries answer them, by ascending sequence. The one place that says where each stands. */
export function registrationRows(state: TokenState): RegistrationRow[] {
  const rows: RegistrationRow[] = [];
  for (const holder of [state.producer, state.consumer]) if (holder !== undefined) rows.push(holderRow(state, holder));
  for (const operation of state.queue) {
    if (operation.kind === 'register') rows.push(row(state.token, operation.registration, 'registering'));
  }
  return rows.sort((a, b) => a.registration.sequence - b.registration.sequence);
}

/** Every registration of a token, those that wait in its queue last. */
export function* registrationsIn(state: TokenState): Generator<Registration> {
  if (state.producer !== undefined) yield state.producer;
  if (state.consumer !== undefined) yield state.consumer;
  for (const operation of state.queue) if (operation.kind === 'register') yield operation.registration;
}

/** The newest registration of a side among a token's rows. */
export function newestOf(rows: readonly RegistrationRow[], side: Side): RegistrationRow | undefined {
  return rows.findLast((candidate) => candidate.registration.side === side);
}

function holderRow(state: TokenState, holder: Registration): RegistrationRow {
  if (!state.connected) return row(state.token, holder, 'waiting');
  return { ...row(state.token, holder, 'connected'), peer: state[otherSide(holder.side)] };
}

function row(token: string, registration: Registration, state: RegistrationState): RegistrationRow {
  return { token, registration, state: registration.leavingSequence === undefined ? state : 'leaving' };
}
