import type { LogEvent } from '@irqmesh/domain';
import { VERBS } from '../output/event-verbs.ts';

export type EventType = LogEvent['body']['type'];

const EVENT_TYPES = Object.keys(VERBS) as readonly EventType[];

/** The words that name types of events. */
export const EVENT_WORDS: readonly string[] = [...new Set(Object.values(VERBS))];

/** The types that a word names: an event's name, or the verb of its line, whatever its case; undefined for no such word. */
export function typesOf(word: string): readonly EventType[] | undefined {
  const wanted = word.toLowerCase();
  const types = EVENT_TYPES.filter((type) => type.toLowerCase() === wanted || VERBS[type] === wanted);
  return types.length === 0 ? undefined : types;
}
