import { z } from 'zod';

// The kinds of values that environment variables hold. Each says in its message what would have been right.

/** A whole number of a range, both ends included. */
export function wholeNumber(range: { readonly min: number; readonly max: number }) {
  const message = `must be a whole number from ${range.min} to ${range.max}`;
  return checked(message, (text) => {
    const number = Number(text);
    return /^[0-9]{1,15}$/.test(text) && number >= range.min && number <= range.max ? number : undefined;
  });
}

/** One of a few whole numbers. */
export function numberChoice<const Choices extends readonly number[]>(choices: Choices) {
  return checked(`must be ${either(choices.map(String))}`, (text): Choices[number] | undefined => choices.find((choice) => String(choice) === text));
}

/** One of a few words. */
export function choice<const Choices extends readonly string[]>(choices: Choices) {
  return checked(`must be ${either(choices)}`, (text): Choices[number] | undefined => choices.find((word) => word === text));
}

/** `true` or `false`. */
export function flag() {
  return checked('must be true or false', (text) => (text === 'true' ? true : text === 'false' ? false : undefined));
}

/** Any text that is not empty. */
export function text() {
  return z.string();
}

/** Text of a form that `message` describes: "must be …". */
export function textMatching(form: RegExp, message: string) {
  return checked(message, (value) => (form.test(value) ? value : undefined));
}

/**
 * One or several NATS servers, separated by commas. A user or password in the address is refused: it would end up in
 * logs, and the client does not read it.
 */
export function natsServers() {
  return checked(
    'must be nats://host:port or tls://host:port, several separated by commas, without user and password ' +
      '(they go to IRQMESH_NATS_USER and IRQMESH_NATS_PASSWORD)',
    (text) => {
      const servers = text.split(',').map((server) => server.trim());
      return servers.every(isServerUrl) ? servers : undefined;
    },
  );
}

function isServerUrl(server: string): boolean {
  const url = URL.parse(server);
  return url !== null && /^(nats|tls):$/.test(url.protocol) && url.hostname !== '' && url.username === '' && url.password === '';
}

function checked<T>(message: string, read: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

function either(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
