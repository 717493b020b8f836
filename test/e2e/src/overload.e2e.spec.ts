import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Overload, residentMiB } from './overload.ts';
import { SERVICES, Stack } from './stack.ts';
import type { ServiceName } from './service-process.ts';

const LOAD_MS = 60_000;
/** One connect at a time, each of 40 ms and the calls around it: some twenty a second. */
const CALLBACK_MS = 40;
const OFFERED_PER_SECOND = 300;
const MAX_OPEN_OPERATIONS = 100;
const SETTINGS = {
  IRQMESH_MAX_DRIVEN_OPERATIONS: '1',
  IRQMESH_MAX_OPEN_OPERATIONS: String(MAX_OPEN_OPERATIONS),
  IRQMESH_SESSION_TTL_MS: '30000',
};
/** A registry that is behind answers at once, so a caller learns within this that it has to come back later. */
const REQUEST_TIMEOUT_MS = 8_000;
/** The registries and the matcher keep every pair that was acknowledged: some kilobytes each. What waits is not to add to it. */
const MAX_GROWTH_MIB = 60;
const WARM_UP_SECONDS = 20;
const CATCH_UP_MS = 60_000;

let stack: Stack | undefined;
let load: Overload | undefined;

afterEach(async () => {
  await load?.close();
  await stack?.close();
}, 90_000);

test('a matcher at a tenth of the offered rate: memory stays bounded, nothing acknowledged is lost, and it catches up', async () => {
  const running = await Stack.start({ settings: SETTINGS });
  stack = running;
  load = await Overload.connect({ natsUrl: running.nats.url, callbackMs: CALLBACK_MS, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const memory = new Map<ServiceName, number[]>(SERVICES.map((name) => [name, []]));
  await load.offer(OFFERED_PER_SECOND, LOAD_MS, () => {
    for (const [name, samples] of memory) samples.push(residentMiB(running.service(name).pid!));
  });
  const served = load.acknowledged.length;
  await load.answered();

  expect(load.failures).toEqual([]);
  expect(served).toBeGreaterThan(20);
  expect(load.offered / served).toBeGreaterThanOrEqual(10);
  for (const [name, samples] of memory) {
    const [before, after] = [Math.max(...samples.slice(0, WARM_UP_SECONDS)), Math.max(...samples.slice(WARM_UP_SECONDS))];
    expect({ name, grewByMiB: after - before, enough: after - before < MAX_GROWTH_MIB }).toEqual({ name, grewByMiB: expect.any(Number), enough: true });
  }

  // What its callers gave up on is undone by the SDK; what was acknowledged stands, connected.
  const expected = new Map(load.acknowledged.map((token) => [token, 'connected']));
  let found = await load.registered();
  for (const untilMs = Date.now() + CATCH_UP_MS; Date.now() < untilMs && differences(found, expected).length > 0; found = await load.registered()) await sleep(500);
  expect(differences(found, expected)).toEqual([]);
}, 240_000);

/** The first tokens that are not as they should be, a line each. */
function differences(found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  const tokens = [...new Set([...found.keys(), ...expected.keys()])].filter((token) => found.get(token) !== expected.get(token));
  return tokens.slice(0, 20).map((token) => `${token}: ${found.get(token)} instead of ${expected.get(token)}`);
}
