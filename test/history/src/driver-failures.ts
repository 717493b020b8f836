import type { LogEvent } from '@irqmesh/domain';
import { earliest } from './history.ts';
import type { ClientCall, History, StoredEvent } from './history.ts';

/** A registration that a callback's result kept from being made. */
interface Failure {
  readonly registered: StoredEvent;
  readonly failed: StoredEvent;
  readonly result: number;
}

/**
 * The register calls whose result was a callback's, according to the log. A driver may return any number, also those
 * that the manager refuses with (-EBUSY, -EINVAL, -ENOMEM): then they say nothing of the token or the participant.
 */
export function driverFailures({ calls, log }: Pick<History, 'calls' | 'log'>): ReadonlySet<number> {
  const failures = failuresByPlace(log);
  const isOf = ({ calledAt, returnedAt = Infinity, result }: ClientCall, { registered, failed, result: made }: Failure): boolean =>
    made === result && (registered.storedAt ?? Infinity) >= calledAt && (earliest(failed) ?? -Infinity) <= returnedAt;
  return new Set(calls.filter((call) => call.verb === 'register' && failures.get(placeOf(call))?.some((failure) => isOf(call, failure)) === true).map(({ id }) => id));
}

function failuresByPlace(log: readonly StoredEvent[]): ReadonlyMap<string, readonly Failure[]> {
  const registrations = new Map<number, { readonly stored: StoredEvent; readonly place: string }>();
  const failures = new Map<string, Failure[]>();
  for (const stored of log) {
    const place = placeOfRegistered(stored.event);
    if (place !== undefined) registrations.set(stored.event.sequence, { stored, place });
    const { body } = stored.event;
    const newcomer = body.type === 'ConnectFailed' ? registrations.get(body.operationSequence) : undefined;
    if (body.type !== 'ConnectFailed' || newcomer === undefined) continue;
    failures.set(newcomer.place, [...(failures.get(newcomer.place) ?? []), { registered: newcomer.stored, failed: stored, result: body.result }]);
  }
  return failures;
}

function placeOfRegistered({ body, token }: LogEvent): string | undefined {
  if (body.type !== 'ProducerRegistered' && body.type !== 'ConsumerRegistered') return undefined;
  const { host, id: participant } = body.participant;
  return placeOf({ host, side: body.type === 'ProducerRegistered' ? 'producer' : 'consumer', participant, token });
}

function placeOf({ host, side, participant, token }: Pick<ClientCall, 'host' | 'side' | 'participant' | 'token'>): string {
  return `${host} ${side} ${participant} ${token}`;
}
