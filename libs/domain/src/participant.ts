import { Errno, IrqBypassError } from './errno.ts';

/** A participant's side: producers are VFIO vectors, consumers are KVM irqfds. */
export type Side = 'producer' | 'consumer';

export const SIDES: readonly Side[] = ['producer', 'consumer'];

export function otherSide(side: Side): Side {
  return side === 'producer' ? 'consumer' : 'producer';
}

/** Who registers: one vector or irqfd (`id`) of one session of one host's agent. */
export interface Participant {
  readonly host: string;
  readonly session: string;
  readonly id: string;
}

/** A string that is the same for the same participant of one side, and for no other. */
export function participantKey(side: Side, { host, session, id }: Participant): string {
  return `${side} ${host} ${session} ${id}`;
}

/** A string that is the same for the same session of a host, and for no other. */
export function sessionKey({ host, session }: { readonly host: string; readonly session: string }): string {
  return `${host}.${session}`;
}

/** `host-a/s1/vector-3`: how messages for people name a participant. */
export function formatParticipant({ host, session, id }: Participant): string {
  return `${host}/${session}/${id}`;
}

/** Hosts and sessions stand in NATS subjects and bucket keys, so dots, wildcards and spaces are out. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** How much of a bad name a message repeats: a payload may hold a megabyte of it. */
const MAX_NAME_SHOWN = 65;
const ID = /^[\x21-\x7e]{1,128}$/;

/** @throws IrqBypassError -EINVAL unless `name` is 1 to 64 letters, digits, `-` or `_`, the first a letter or digit. */
export function parseName(what: 'host' | 'session', name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, MAX_NAME_SHOWN)) : `of type ${typeof name}`;
  throw new IrqBypassError(Errno.EINVAL, `the ${what} name ${shown} is not 1 to 64 letters, digits, "-" or "_", the first a letter or digit`);
}

/** @throws IrqBypassError -EINVAL unless `id` is 1 to 128 printable ASCII characters without spaces. */
export function parseParticipantId(id: unknown): string {
  if (typeof id === 'string' && ID.test(id)) return id;
  throw new IrqBypassError(Errno.EINVAL, 'the participant id must be 1 to 128 printable ASCII characters without spaces');
}
