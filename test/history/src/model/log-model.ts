import type { LogEvent } from '@irqmesh/domain';
import { describeEvent } from '../describe.ts';
import type { StoredEvent, Violation } from '../history.ts';
import { stands, TokenModel } from './token-model.ts';
import type { ModelRegistration } from './token-model.ts';

/** What the model makes of a whole log. */
export interface LogModel {
  readonly tokens: ReadonlyMap<string, TokenModel>;
  /** All registrations by the sequences of their events. */
  readonly registrations: ReadonlyMap<number, ModelRegistration>;
  readonly violations: readonly Violation[];
  /** Registrations that were stored while an earlier one of their participant stood. */
  readonly doubles: readonly Double[];
}

/** A second registration of a participant that was registered already. */
export interface Double {
  readonly earlier: ModelRegistration;
  readonly later: ModelRegistration;
}

/** Replays the log in its order. */
export function modelLog(log: readonly StoredEvent[]): LogModel {
  const tokens = new Map<string, TokenModel>();
  const violations: Violation[] = [];
  const complain = (event: LogEvent, sentence: string): void => {
    violations.push({ checker: 'model', sentence: `${describeEvent(event)}: ${sentence}`, token: event.token, sequences: [event.sequence] });
  };
  const doubles: Double[] = [];
  /** Who stands, by participant: it may stand under one token at a time. */
  const standing = new Map<string, ModelRegistration>();
  for (const stored of log) {
    const { event } = stored;
    const model = tokens.get(event.token) ?? new TokenModel(event.token, complain);
    tokens.set(event.token, model);
    const known = model.registrations.length;
    model.take(stored);
    const registration = model.registrations[known];
    if (registration === undefined) continue;
    const { host, session, side, participant } = registration;
    const key = `${host} ${session} ${side} ${participant}`;
    const earlier = standing.get(key);
    if (earlier !== undefined && stands(earlier)) doubles.push({ earlier, later: registration });
    standing.set(key, registration);
  }
  const registrations = new Map([...tokens.values()].flatMap((token) => token.registrations.map((registration) => [registration.sequence, registration] as const)));
  return { tokens, registrations, violations, doubles };
}
