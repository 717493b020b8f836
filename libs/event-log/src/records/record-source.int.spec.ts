import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { startNatsServer } from '@irqmesh/platform/nats-server';
import type { NatsServer } from '@irqmesh/platform/nats-server';
import { describeRecordSource } from '../../test-support/record-source-contract.ts';
import { fill } from '../../test-support/records.ts';
import { StreamUnderTest } from '../../test-support/stream-under-test.ts';
import { InMemoryEventLog } from '../in-memory-event-log.ts';
import { ExportFile } from './export-file.ts';
import { exportLog } from './export-log.ts';
import { openFileSink } from './export-sink.ts';

let server: NatsServer;

beforeAll(async () => {
  server = await startNatsServer();
});

afterAll(() => server.stop());

describeRecordSource('The in-memory log', async () => {
  const source = new InMemoryEventLog();
  return { source, expected: await fill(source, 5), dispose: async () => undefined };
});

describeRecordSource('The JetStream log', async () => {
  const stream = await StreamUnderTest.make(server);
  const log = await stream.open();
  return {
    source: log,
    expected: await fill(log, 5),
    dispose: async () => {
      await log.close();
      const left = await stream.openHandles();
      await stream.dispose();
      if (left > 0) throw new Error(`${left} subscriptions or consumers are left`);
    },
  };
});

for (const name of ['log.ndjson', 'log.ndjson.gz']) {
  describeRecordSource(`A file ${name}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'irqmesh-test-'));
    const log = new InMemoryEventLog();
    const expected = await fill(log, 5);
    const path = join(folder, name);
    await exportLog({ source: log, sink: await openFileSink(path, false), irqmeshVersion: '0', onProgress: () => undefined, signal: new AbortController().signal });
    return { source: await ExportFile.open(path), expected, dispose: () => rm(folder, { recursive: true }) };
  });
}
