import { beforeAll, describe, expect, test } from '@jest/globals';
import type { EventBody } from '@irqmesh/domain';
import { EventHeader, recordFacts } from '@irqmesh/protocol';
import type { LogRecord } from '@irqmesh/protocol';
import { LogVerifier } from '@irqmesh/replay';
import type { Finding } from '@irqmesh/replay';
import fc from 'fast-check';
import { hasSuccessor, isShiftNoticed, renumbered, rewritten, telltaleChanges, withHeader, withInserted, without, withSwapped } from '../testing/tamper.ts';
import { Simulation } from './simulation.ts';
import type { RunRecord } from './simulation.ts';
import { verifyRecords } from './verify-records.ts';

/** Some of moderate length; together they hold every type of event. */
const SEEDS = [2, 5, 6, 17, 23, 30];
/** How often each kind of tampering is tried; fast-check prints the seed of one that went unnoticed. */
const RUNS = { numRuns: 150 };

let runs: readonly RunRecord[];

beforeAll(async () => {
  runs = await Promise.all(SEEDS.map((seed) => new Simulation({ seed, profile: 'swarm' }).run()));
}, 60_000);

/** Which run, and which place in its log. */
const anywhere = fc.record({ seed: fc.constantFrom(...SEEDS), at: fc.nat({ max: 999 }) });

function find({ seed, at }: { readonly seed: number; readonly at: number }): { readonly run: RunRecord; readonly index: number } {
  const run = runs[SEEDS.indexOf(seed)]!;
  return { run, index: at % run.records.length };
}

function firstFinding(run: RunRecord, records: readonly LogRecord[]): Finding | undefined {
  const verifier = new LogVerifier({ lateCopies: run.history.requestsRepeated });
  for (const record of records) {
    const finding = verifier.add(recordFacts(record, run.shape.partitions));
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function replaced({ records }: RunRecord, index: number, record: LogRecord): LogRecord[] {
  return records.map((original, at) => (at === index ? record : original));
}

describe('a simulated log', () => {
  test('is sound as it is; these hold every type of event', () => {
    const types = new Set<EventBody['type']>();
    for (const run of runs) {
      expect(verifyRecords(run)).toEqual([]);
      for (const { event } of run.history.log) types.add(event.body.type);
    }
    expect([...types].sort()).toEqual([
      'ConnectAborted', 'ConnectFailed', 'ConsumerRegistered', 'ConsumerUnregistered', 'HandshakeStalled', 'PairConnected', 'PairDisconnected', 'ProducerRegistered', 'ProducerUnregistered', 'RegistrationRefused',
    ]);
  });

  test('misses an event: the next one tells which', () => {
    fc.assert(fc.property(anywhere, (place) => {
      const { run, index } = find(place);
      fc.pre(index > 0 && index < run.records.length - 1);
      expect(firstFinding(run, without(run.records, index))).toMatchObject({ invariant: 'order', sequence: index + 2, sentence: `it follows event ${index}: event ${index + 1} is missing` });
    }), RUNS);
  });

  test('misses an event and was renumbered: what follows names the sequences of before', () => {
    fc.assert(fc.property(anywhere, (place) => {
      const { run, index } = find(place);
      fc.pre(isShiftNoticed(run.records, index));
      expect(firstFinding(run, renumbered(without(run.records, index)))).toBeDefined();
    }), RUNS);
  });

  test('has a byte of an event changed', () => {
    fc.assert(fc.property(anywhere, fc.nat(), fc.integer({ min: 1, max: 255 }), (place, at, change) => {
      const { run, index } = find(place);
      const record = run.records[index]!;
      const payload = Uint8Array.from(record.payload);
      payload[at % payload.length]! ^= change;
      expect(firstFinding(run, replaced(run, index, { ...record, payload }))).toMatchObject({ sequence: index + 1, invariant: expect.stringMatching(/^(checksum|readable)$/) });
    }), RUNS);
  });

  test('has a header or the subject of an event changed, or a header taken away', () => {
    fc.assert(fc.property(anywhere, fc.nat(), fc.constantFrom('other', '1', undefined), (place, at, value) => {
      const { run, index } = find(place);
      const record = run.records[index]!;
      const names = Object.keys(record.headers);
      const name = names[at % names.length]!;
      // The first checksum of a writer is the first of which it is known that it gives them.
      fc.pre(record.headers[name] !== value && !(name === EventHeader.checksum && value === undefined && !hasWriterBefore(run.records, index)));
      expect(firstFinding(run, replaced(run, index, withHeader(record, name, value)))).toMatchObject({ sequence: index + 1 });
      expect(firstFinding(run, replaced(run, index, { ...record, subject: `${record.subject}A` }))).toMatchObject({ sequence: index + 1 });
    }), RUNS);
  });

  test('has an event changed by somebody who makes its checksum anew: what others depend on gives it away', () => {
    fc.assert(fc.property(anywhere, fc.nat(), (place, which) => {
      const { run, index } = find(place);
      const record = run.records[index]!;
      const { body } = run.history.log[index]!.event;
      const changes = telltaleChanges(body);
      const changed = { ...body, ...changes[which % changes.length]! } as EventBody;
      expect(firstFinding(run, replaced(run, index, rewritten(record, { body: changed }, run.shape.partitions)))).toMatchObject({ sequence: index + 1 });
    }), RUNS);
  });

  test('has a copy of an event put in, renumbered or not', () => {
    fc.assert(fc.property(anywhere, fc.nat(), (place, later) => {
      const { run, index } = find(place);
      const at = index + 1 + (later % (run.records.length - index));
      const copied = withInserted(run.records, at, run.records[index]!);
      expect(firstFinding(run, copied)).toMatchObject({ sequence: index + 1, invariant: 'order' });
      fc.pre(run.history.log[index]!.event.body.type !== 'HandshakeStalled');
      expect(firstFinding(run, renumbered(copied))).toMatchObject({ sequence: at + 1 });
    }), RUNS);
  });

  test('has an event forged with a new id and a right checksum: it lacks its place in the chain', () => {
    fc.assert(fc.property(anywhere, fc.nat(), (place, later) => {
      const { run, index } = find(place);
      fc.pre(!['HandshakeStalled', 'RegistrationRefused'].includes(run.history.log[index]!.event.body.type));
      const at = index + 1 + (later % (run.records.length - index));
      const forged = rewritten(run.records[index]!, { id: 'forged' }, run.shape.partitions);
      expect(firstFinding(run, renumbered(withInserted(run.records, at, forged)))).toMatchObject({ sequence: at + 1, invariant: 'chain' });
    }), RUNS);
  });

  test('has two events swapped, renumbered or not', () => {
    fc.assert(fc.property(anywhere, fc.nat(), (place, other) => {
      const { run, index } = find(place);
      const second = other % run.records.length;
      fc.pre(second !== index);
      const swapped = withSwapped(run.records, index, second);
      expect(firstFinding(run, swapped)).toBeDefined();
      fc.pre(hasSuccessor(run.records, index) || hasSuccessor(run.records, second));
      expect(firstFinding(run, renumbered(swapped))).toBeDefined();
    }), RUNS);
  });
});

function hasWriterBefore(records: readonly LogRecord[], index: number): boolean {
  const source = records[index]!.headers[EventHeader.source];
  return records.slice(0, index).some((record) => record.headers[EventHeader.source] === source);
}
