import { setTimeout as sleep } from 'node:timers/promises';
import type { LogObserver } from './log-observer.ts';
import type { Site } from './site.ts';

/** The longest that all may take to come to rest: callers give up after 30 s, agents are evicted after 12 s. */
const LIMIT_MS = 150_000;
/** It is at rest when it has looked so for this long: a renewal or two may bring a difference to light. */
const REST_MS = 5_000;
const LOOK_EVERY_MS = 250;

/** Waits until nothing goes on any more. @returns what was still going on when the time was over, undefined when at rest. */
export async function settle(site: Site, observer: LogObserver, signal: AbortSignal): Promise<string | undefined> {
  const limitMs = performance.now() + LIMIT_MS;
  let goesOn: string | undefined;
  for (let restingSinceMs = performance.now(); performance.now() < limitMs; ) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    goesOn = await goingOn(site, observer);
    if (goesOn !== undefined) restingSinceMs = performance.now();
    if (performance.now() - restingSinceMs >= REST_MS) return undefined;
  }
  return `${LIMIT_MS / 1_000} s after the last fault ${goesOn ?? 'it had not been at rest for long enough'}`;
}

/** What keeps all from being at rest, if anything. */
async function goingOn({ services, agents, recording }: Site, observer: LogObserver): Promise<string | undefined> {
  if (observer.failure !== undefined) return `the log could not be read: ${observer.failure.message}`;
  const busy = agents.find(({ isIdle }) => !isIdle);
  if (busy !== undefined) {
    const call = recording.openCall(busy.incarnation);
    return `${busy.incarnation} ${call === undefined ? 'was not idle' : `waited for its call (${call.verb} ${call.side} ${call.participant} ${call.token})`}`;
  }
  const without = agents.find(({ autoReopen, session }) => autoReopen && session === undefined);
  if (without !== undefined) return `${without.incarnation} had no session`;
  const held = new Set(agents.map(({ host, session }) => `${host}.${session ?? ''}`));
  for (const key of observer.fold.sessionKeys()) if (!held.has(key)) return `registrations of session ${key} stood that no agent holds`;
  for (const { queue, token } of observer.fold.tokens()) if (queue.length > 0) return `operation ${queue[0]!.sequence} of ${token} was open`;
  for (const service of services) if (!(await service.isReady())) return `${service.incarnation} was not ready`;
  return undefined;
}
