import { describe, expect, test } from '@jest/globals';
import type { MatcherStateReplyMessage } from '@irqmesh/protocol';
import { ok, warn } from './check.ts';
import { clockCheck } from './log-checks.ts';
import { doctorReport } from './report.ts';
import { formatBytes, isAtLeast } from './server-checks.ts';
import { checkMatchers } from './service-checks.ts';
import { sessionCheck } from './session-check.ts';
import { parseSyncSetting, syncCheck } from './sync-check.ts';

describe('server', () => {
  test('versions are compared by number', () => {
    expect(['2.12.0', '2.12.1', '2.15.0', '3.0.0', '2.12.0-beta.1'].map((version) => isAtLeast(version, '2.12.0'))).toEqual([true, true, true, true, true]);
    expect(['2.11.9', '2.9.10', '1.99.0', 'unknown'].map((version) => isAtLeast(version, '2.12.0'))).toEqual([false, false, false, false]);
  });

  test('sizes are for people', () => {
    expect([0, 1023, 1024, 8_400_000, 5 * 2 ** 40].map(formatBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '8.0 MiB', '5.0 TiB']);
  });
});

describe('disk sync', () => {
  const nats = { config: { max_memory: 1, store_dir: '/x', sync_interval: 120_000_000_000 } };

  test('reads what nats-server says, and nothing else', () => {
    expect(parseSyncSetting(nats)).toEqual({ always: false, intervalMs: 120_000 });
    expect(parseSyncSetting({ config: { ...nats.config, sync_always: true } })).toMatchObject({ always: true });
    for (const answer of [undefined, null, {}, { config: {} }, 'text', { disabled: true }]) expect(parseSyncSetting(answer)).toBeUndefined();
  });

  test('warns only where a power cut loses acknowledged events', () => {
    expect(syncCheck({ always: true, intervalMs: 0 }, 1).status).toBe('ok');
    expect(syncCheck({ always: false, intervalMs: 120_000 }, 3).status).toBe('ok');
    expect(syncCheck({ always: false, intervalMs: 120_000 }, 1)).toMatchObject({ status: 'warn', message: expect.stringContaining('the last 2 min;') });
  });
});

describe('clock', () => {
  const SERVER = '2026-01-01T00:00:00.000Z';
  const serverMs = Date.parse(SERVER);

  test('a second is allowed, beyond what the answer took', () => {
    expect(clockCheck(SERVER, serverMs + 900, serverMs + 1100).status).toBe('ok');
    expect(clockCheck(SERVER, serverMs + 1200, serverMs + 1210)).toMatchObject({ status: 'warn', message: "1.2 s ahead of the NATS server's" });
    expect(clockCheck(SERVER, serverMs - 3000, serverMs - 2990)).toMatchObject({ status: 'warn', message: "3.0 s behind the NATS server's" });
    expect(clockCheck(SERVER, serverMs - 1000, serverMs + 4000).status).toBe('ok');
    expect(clockCheck(undefined, serverMs, serverMs).status).toBe('warn');
  });
});

describe('matchers', () => {
  function state(partition: number, more: Partial<MatcherStateReplyMessage> = {}): MatcherStateReplyMessage {
    return { matcher: 'm1', partition, position: 10, tokens: 1, pairs: 1, operations: [], ...more };
  }

  test('all is well', () => {
    const checks = checkMatchers([state(0), state(1)], 10);
    expect(checks.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    expect(checks[0]!.message).toBe('m1 holds all 2 partitions');
    expect(checks[2]!.message).toBe('2 pairs connected, 0 operations open');
  });

  test('partitions that nobody holds are named', () => {
    expect(checkMatchers([undefined, state(1), undefined, undefined], 10)[0]).toMatchObject({ status: 'fail', message: expect.stringContaining('partitions 0,2-3:') });
    expect(checkMatchers([undefined], 10)).toEqual([expect.objectContaining({ status: 'fail', message: expect.stringContaining('none answers') })]);
  });

  test('a matcher that lags, and an operation that hangs', () => {
    const operation = { token: 't', operationSequence: 9, kind: 'connect' as const, waitingFor: 'consumer' as const, step: 'add_producer', openForMs: 15_000 };
    const [, fold, operations] = checkMatchers([state(0, { operations: [operation] }), state(1, { matcher: 'm2', position: 7 })], 10);
    expect(fold).toMatchObject({ status: 'warn', message: "matcher m2 is 3 events behind the log's end (#10)" });
    expect(operations).toMatchObject({ status: 'warn', message: expect.stringContaining('#9 waits for the consumer (add_producer) for 15 s') });
  });
});

describe('sessions', () => {
  test('counts them, and tells of agents that are being expired', () => {
    expect(sessionCheck([]).message).toBe('none is open: no host is connected');
    expect(sessionCheck(['session.a.1', 'session.a.2', 'session.b.1']).message).toBe('3 open, of 2 hosts');
    expect(sessionCheck(['session.a.1', 'evict.a.1'])).toMatchObject({ status: 'warn', message: expect.stringContaining('agents of a ') });
  });
});

describe('doctorReport', () => {
  test('fits 80 columns, what to do stands below, and the counts are last', () => {
    const report = doctorReport([ok('log', 'fine'), warn('disk sync', 'a long sentence '.repeat(8).trim(), 'do something')], (_status, text) => text);
    const lines = report.split('\n');
    expect(lines[0]).toBe('ok    log        fine');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(report).toContain(`\n${' '.repeat(17)}→ do something\n`);
    expect(lines.at(-2)).toBe('1 ok, 1 warning, 0 failures');
  });
});
