import { describe, expect, it } from '@jest/globals';
import { summaryLines } from './summary.ts';
import type { Summary } from './summary.ts';

const SUMMARY: Summary = {
  ok: true,
  pairsConnected: 12_345,
  pairsStanding: 23,
  disconnected: { requested: 7777, sessionExpired: 1414, disowned: 99 },
  refused: [{ result: -16, count: 1 }, { result: 66_311, count: 2 }],
  connectsFailed: 2,
  connectsAborted: 1,
  registerLatencyMs: { calls: 88, p50: 4.24, p99: 1218.1 },
  events: 196_000,
  restarts: [{ name: 'matcher', count: 2 }],
  stateDir: `${process.cwd()}/.irqmesh/demo/2026-11-23T00-41-36-17872`,
  natsUrl: 'nats://127.0.0.1:34687',
  ownServer: true,
  keeps: true,
  token: 'host-a/boot-1/eventfd-33',
};

describe('summaryLines', () => {
  it('fits 80 columns, with every kind of line in it', () => {
    const lines = [...summaryLines(SUMMARY), ...summaryLines({ ...SUMMARY, ok: false, keeps: false })];
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('tells what came about and why', () => {
    const text = summaryLines(SUMMARY).join('\n');
    expect(text).toContain('pairs connected    12345  23 stand at the end');
    expect(text).toContain("disconnected        9290  7777 unregistered, 1414 expired, 99 disowned");
    expect(text).toContain('refused                1  -16 (EBUSY): the token has one already');
    expect(text).toContain('register calls        88  p50 4.2 ms, p99 1218.1 ms to the settled answer');
    expect(text).toContain('started again          2  matcher');
    expect(text).toContain('explain host-a/boot-1/eventfd-33');
  });

  it('says that the log is on the user\'s server where it is', () => {
    expect(summaryLines({ ...SUMMARY, ownServer: false }).join('\n')).toContain('the event log     on nats://127.0.0.1:34687');
  });

  it('names no server when nothing goes on running', () => {
    expect(summaryLines({ ...SUMMARY, keeps: false }).join('\n')).not.toContain('127.0.0.1');
  });
});
