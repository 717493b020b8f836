import { afterAll, beforeAll } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { describeEventLog } from '../test-support/event-log-contract.ts';
import type { LogUnderTest } from '../test-support/event-log-contract.ts';
import { StreamUnderTest } from '../test-support/stream-under-test.ts';

let server: NatsServer;

beforeAll(async () => {
  server = await startNatsServer();
});

afterAll(() => server.stop());

describeEventLog('The JetStream log', async (): Promise<LogUnderTest> => {
  const stream = await StreamUnderTest.make(server);
  return {
    log: await stream.open(),
    idBeforeExpectation: false,
    interrupt: () => stream.crash(),
    replace: async () => {
      await stream.remove();
      return stream.open();
    },
    openHandles: () => stream.openHandles(),
    dispose: () => stream.dispose(),
  };
});
