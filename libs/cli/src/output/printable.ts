import type { Participant } from '@irqmesh/domain';

// Tokens and ids are made by others: what a terminal would act on, or what would split a line, is written as escapes.

const ACTS_ON_TERMINAL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const NEEDS_QUOTES = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}"\\]/u;

/** A name as it can stand in a line between spaces: as it is, or between quotes and with escapes where it must be. */
export function printable(name: string): string {
  if (name !== '' && !NEEDS_QUOTES.test(name)) return name;
  return `"${harmless(name.replace(/["\\]/g, '\\$&'))}"`;
}

/** A sentence that may repeat names of others, without anything that a terminal would act on. */
export function harmless(text: string): string {
  return text.replace(ACTS_ON_TERMINAL, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A participant beside its token: `host/id`, or `id` alone where the token begins with that host. Sessions are left out. */
export function nameOnToken({ host, id }: Participant, token: string): string {
  return token.startsWith(`${host}/`) ? printable(id) : printable(`${host}/${id}`);
}
