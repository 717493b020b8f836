import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Fleet } from './fleet.ts';
import { Stack } from './stack.ts';

const SEED = Number(process.env['IRQMESH_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Long enough that a killed server is back before an agent has to fence itself. */
const SETTINGS = { IRQMESH_SESSION_TTL_MS: '30000', IRQMESH_LEASE_TTL_MS: '2000' };
const SETTLE_TIMEOUT_MS = 30_000;
const TEST_TIMEOUT_MS = 150_000;

let stack: Stack;
let fleet: Fleet;

afterEach(async () => {
  await fleet.close();
  await stack.close();
}, 60_000);

/** Stops the load and waits until the registries hold exactly what was acknowledged, every pair connected. */
async function expectNothingLost(): Promise<void> {
  await fleet.stop();
  let differences = await fleet.differences();
  for (const deadlineMs = Date.now() + SETTLE_TIMEOUT_MS; differences.length > 0 && Date.now() < deadlineMs; ) {
    await sleep(250);
    differences = await fleet.differences();
  }
  const repeat = `IRQMESH_TEST_SEED=${SEED} repeats the load`;
  expect({ repeat, differences }).toEqual({ repeat, differences: [] });
  expect({ repeat, failures: fleet.failures }).toEqual({ repeat, failures: [] });
}

describe('killed with SIGKILL and started again, under load', () => {
  test('each service in turn, then NATS: nothing acknowledged is lost, every pair is connected', async () => {
    stack = await Stack.start({ settings: SETTINGS });
    fleet = await Fleet.connect(stack.nats.url, SEED);
    fleet.start(6);
    await sleep(500);
    for (const service of stack.services) {
      await service.kill();
      await sleep(300);
      await service.start();
      await sleep(500);
    }
    await stack.nats.kill();
    await sleep(300);
    await stack.nats.restart();
    await sleep(1_500);
    await expectNothingLost();
    // That there was a load at all; how much the machine carries is not the question.
    expect(fleet.pairs.length).toBeGreaterThan(10);
  }, TEST_TIMEOUT_MS);

  test('with two instances of each, one of each is killed: the others go on', async () => {
    stack = await Stack.start({ instances: 2, settings: SETTINGS });
    fleet = await Fleet.connect(stack.nats.url, SEED);
    fleet.start(6);
    await sleep(500);
    for (const name of ['producer-registry', 'consumer-registry', 'matcher'] as const) await stack.service(name).kill();
    const before = fleet.pairs.length;
    // A call that died with its instance is asked again when its attempt's 5 s are over.
    await sleep(8_000);
    expect(fleet.pairs.length).toBeGreaterThan(before);
    await expectNothingLost();
  }, TEST_TIMEOUT_MS);
});
