import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventLine } from '../demo/event-text.ts';
import type { VectorState } from '../demo/vectors.ts';
import type { FrameState, HostState } from './frame-state.ts';
import { frame } from './frame.ts';
import { share } from './host-lines.ts';
import { marksFor } from './marks.ts';
import { render, widthOf } from './spans.ts';

const MARKS = marksFor({ LANG: 'C.UTF-8' });
const STATES: readonly VectorState[] = ['posted', 'remapped', 'masked', 'off'];

function device(vectors: number, state: VectorState = 'posted') {
  return { vm: 'web-1', bdf: '0000:41:00.0', label: 'nvme', vectors: Array.from({ length: vectors }, () => state) };
}

function host(name: string, devices: HostState['devices'], status: HostState['status'] = 'ready'): HostState {
  return { name, status, boot: 1, cpus: 8, devices };
}

function stateWith(change: Partial<FrameState>): FrameState {
  return {
    title: 'irqmesh demo',
    elapsedMs: 12_300,
    totalMs: 30_000,
    services: ['nats-server', 'producer-registry', 'consumer-registry', 'matcher'].map((name) => ({ name, status: 'ready', restarts: 0 })),
    hosts: [host('host-a', [device(5)]), host('host-b', [device(2, 'off')])],
    step: { number: 2, total: 9, sentence: 'The guest masks vector 1.' },
    pairs: 5,
    counts: { events: 40, connected: 6, disconnected: 1, refused: 1 },
    rates: { events: 12, connects: 3 },
    latest: [],
    ...change,
  };
}

function event(sequence: number, text = 'connected'): EventLine {
  return { sequence, timeMs: 0, place: 'host-a 0000:41:00.0[3]', text, tone: 'good' };
}

function text(state: FrameState, columns = 80, rows = 24): string[] {
  return frame(state, { columns, rows }, MARKS).map((line) => render(line, false));
}

describe('frame', () => {
  it('shows time, services, numbers, the step, hosts, devices and vectors', () => {
    const lines = text(stateWith({}));
    expect(lines[0]).toMatch(/^ irqmesh demo +12 s of 30 s $/);
    expect(lines[1]).toBe(' ● nats-server ● producer-registry ● consumer-registry ● matcher');
    expect(lines[2]).toBe(' 5 pairs  6 connects (3/s)  1 disconnects  1 refused  40 events (12/s)');
    expect(lines[4]).toBe(' ▶ 2/9 The guest masks vector 1.');
    expect(lines).toContain('     web-1  0000:41:00.0  nvme  ●●●●●');
    expect(lines).toContain(' ● host-b  boot 1, 8 CPUs  2 off  ');
  });

  it('tells that a service was started again and that a host is down', () => {
    const lines = text(stateWith({ services: [{ name: 'matcher', status: 'ready', restarts: 2 }], hosts: [host('host-b', [device(2)], 'stopped')] }));
    expect(lines[1]).toBe(' ● matcher (2 restarts)');
    expect(lines.join('\n')).toContain('○ host-b  down, 8 CPUs');
  });

  it('shows the newest events at the bottom and fills the rows that are left', () => {
    const lines = text(stateWith({ latest: Array.from({ length: 50 }, (_, at) => event(at + 1)) }));
    expect(lines).toHaveLength(24);
    expect(lines.at(-1)).toBe(' 50  host-a 0000:41:00.0[3]  connected');
  });

  it('counts the vectors of a device that has too many for the line', () => {
    const vectors = [...device(2040).vectors, ...device(8, 'masked').vectors];
    expect(text(stateWith({ hosts: [host('big', [{ ...device(0), vectors }])] })).join('\n')).toContain('nvme  2040 posted  8 masked');
  });

  it('sums up the devices that have no room, and keeps room for events', () => {
    const hosts = [host('a', Array.from({ length: 40 }, () => device(3))), host('b', [device(1)])];
    const lines = text(stateWith({ hosts, latest: Array.from({ length: 9 }, (_, at) => event(at + 1)) }));
    expect(lines.join('\n')).toContain('33 more devices: 99 posted');
    expect(lines.filter((line) => line.includes('connected'))).toHaveLength(4);
    expect(lines.join('\n')).toContain('● b  boot 1');
  });

  it('says when a host passes nothing through, and when a device has no vectors', () => {
    const lines = text(stateWith({ hosts: [host('idle', []), host('intx', [device(0)])] })).join('\n');
    expect(lines).toContain('no device is passed through');
    expect(lines).toContain('no MSI vectors');
  });

  it('has letters for terminals without UTF-8', () => {
    const lines = frame(stateWith({ hosts: [host('a', [{ ...device(0), vectors: STATES }])] }), { columns: 80, rows: 24 }, marksFor({ LANG: 'C' }));
    const all = lines.map((line) => render(line, false)).join('\n');
    expect(all).toContain('nvme  Prm.');
    // oxlint-disable-next-line no-control-regex
    expect(all).toMatch(/^[\x00-\x7f]*$/);
  });

  it('never is wider or higher than the terminal, whatever it shows', () => {
    const anyText = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' '));
    const anyDevice = fc.record({ vm: anyText, bdf: fc.constant('0000:41:00.0'), label: anyText, vectors: fc.array(fc.constantFrom(...STATES), { maxLength: 200 }) });
    const anyHost = fc.record({
      name: anyText,
      status: fc.constantFrom('starting' as const, 'ready' as const, 'restarting' as const, 'stopped' as const, 'failed' as const),
      boot: fc.nat(5),
      cpus: fc.nat(512),
      devices: fc.array(anyDevice, { maxLength: 12 }),
    });
    const anyEvent = fc.record({ sequence: fc.nat(), timeMs: fc.nat(), place: anyText, text: anyText, tone: fc.constantFrom('plain' as const, 'bad' as const) });
    const anyState = fc.record({ hosts: fc.array(anyHost, { maxLength: 6 }), latest: fc.array(anyEvent, { maxLength: 30 }), sentence: anyText });
    fc.assert(
      fc.property(anyState, fc.integer({ min: 40, max: 200 }), fc.integer({ min: 12, max: 60 }), ({ hosts, latest, sentence }, columns, rows) => {
        const lines = frame(stateWith({ hosts, latest, step: { number: 1, total: 2, sentence } }), { columns, rows }, MARKS);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      }),
      { numRuns: 100 },
    );
  });
});

describe('share', () => {
  it('gives what is wanted while there is some, and the rest of the modest to the others', () => {
    expect(share([2, 3], 10)).toEqual([2, 3]);
    expect(share([1, 40], 8)).toEqual([1, 7]);
    expect(share([5, 5], 3)).toEqual([2, 1]);
    expect(share([5, 5], 0)).toEqual([0, 0]);
  });
});
