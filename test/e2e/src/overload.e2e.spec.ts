import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Overload, residentMiB } from './overload.ts';
import { SERVICES, Stack } from './stack.ts';
import type { ServiceName } from './service-process.ts';

const LOAD_MS = 60_000;
/** One connect at a time, each of 200 ms and the calls around it: not quite five a second, whatever the machine. */
const CALLBACK_MS = 200;
const OFFERED_PER_SECOND = 60;
/** Few enough that whoever is let in is served before its caller gives up, also where a busy machine makes each connect slower. */
const MAX_OPEN_OPERATIONS = 8;
const SETTINGS = {
  IRQMESH_MAX_DRIVEN_OPERATIONS: '1',
  IRQMESH_MAX_OPEN_OPERATIONS: String(MAX_OPEN_OPERATIONS),
  IRQMESH_SESSION_TTL_MS: '120000',
  // V8 lets its heap grow as long as there is room; with this much, what piled up would end the process.
  NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=4',
};
/** Longer by far than those that are let in have to wait. */
const REQUEST_TIMEOUT_MS = 30_000;
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
  const growth = [...memory].map(([name, samples]) => ({ name, grewByMiB: Math.max(...samples.slice(WARM_UP_SECONDS)) - Math.max(...samples.slice(0, WARM_UP_SECONDS)) }));
  expect(growth.filter(({ grewByMiB }) => grewByMiB > MAX_GROWTH_MIB)).toEqual([]);

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
