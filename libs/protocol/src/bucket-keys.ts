import { Errno, IrqBypassError, parseName } from '@irqmesh/domain';

/** The key-value bucket of sessions: a key that runs out is a session that ends. */
export const SESSIONS_BUCKET = 'irqmesh_sessions';

/** The key-value bucket of the matchers' leases on partitions. */
export const LEASES_BUCKET = 'irqmesh_leases';

/** A key of the sessions bucket. */
export interface SessionsBucketKey {
  /** `session`: the lease itself; `evict`: a registry's notice that the session is to be expired. */
  readonly kind: 'session' | 'evict';
  readonly host: string;
  readonly session: string;
}

/** `session.<host>.<session>`: the session's lease, renewed by its agent. */
export function sessionBucketKey(host: string, session: string): string {
  return `session.${parseName('host', host)}.${parseName('session', session)}`;
}

/** `evict.<host>.<session>`: put by a registry whose agent leaves invokes unanswered. */
export function evictBucketKey(host: string, session: string): string {
  return `evict.${parseName('host', host)}.${parseName('session', session)}`;
}

/** @throws IrqBypassError -EINVAL for a key that the sessions bucket does not have. */
export function parseSessionsBucketKey(key: string): SessionsBucketKey {
  const [kind, host, session, more] = key.split('.');
  if ((kind !== 'session' && kind !== 'evict') || more !== undefined) throw notAKey(key, SESSIONS_BUCKET);
  return { kind, host: parseName('host', host), session: parseName('session', session) };
}

/** A key of the leases bucket. */
export type LeasesBucketKey = { readonly kind: 'partition'; readonly partition: number } | { readonly kind: 'matcher'; readonly matcher: string };

/** `partition.<n>`: who drives the partition's operations. */
export function partitionBucketKey(partition: number): string {
  return `partition.${partition}`;
}

/** `matcher.<id>`: a matcher that lives, so that partitions can be shared out among all of them. */
export function matcherBucketKey(matcher: string): string {
  if (!MATCHER.test(matcher)) throw notAKey(`matcher.${matcher}`, LEASES_BUCKET);
  return `matcher.${matcher}`;
}

/** @throws IrqBypassError -EINVAL for a key that the leases bucket does not have. */
export function parseLeasesBucketKey(key: string): LeasesBucketKey {
  const [kind, name, more] = key.split('.');
  if (more === undefined && name !== undefined) {
    if (kind === 'partition' && /^(0|[1-9][0-9]{0,4})$/.test(name)) return { kind, partition: Number(name) };
    if (kind === 'matcher' && MATCHER.test(name)) return { kind, matcher: name };
  }
  throw notAKey(key, LEASES_BUCKET);
}

const MATCHER = /^[A-Za-z0-9_-]{1,64}$/;

function notAKey(key: string, bucket: string): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, `${JSON.stringify(key.slice(0, 300))} is not a key of the bucket ${bucket}`);
}
