import { describe, expect, it } from '@jest/globals';
import { firstDifference, sideBySide } from './compare.ts';
import type { Observation, TraceCase } from './trace.ts';

const GOLDEN: TraceCase = {
  name: 'pair',
  tags: [],
  participants: { C: { side: 'consumer', callbacks: ['stop', 'add_producer', 'del_producer', 'start'] }, P: { side: 'producer', callbacks: [] } },
  ops: [
    { op: 'register_consumer', id: 'C', token: 't' },
    { op: 'register_producer', id: 'P', token: 't', irq: 7 },
  ],
  trace: [
    { op: 0, calls: [], ret: 0 },
    { op: 1, calls: [['C', 'stop'], ['C', 'add_producer', 'P', 0], ['C', 'start']], ret: 0 },
  ],
  final: {
    producers: { P: { registered: true, token: 't', peer: 'C', irq: 7 } },
    consumers: { C: { registered: true, token: 't', peer: 'P' } },
  },
};

function observed(change: Partial<Observation> = {}): Observation {
  return { trace: GOLDEN.trace, final: GOLDEN.final, ...change };
}

describe('firstDifference', () => {
  it('is none for the same, whatever the order of fields', () => {
    expect(firstDifference(GOLDEN, observed())).toBeUndefined();
    const reordered = { producers: { P: { irq: 7, peer: 'C', token: 't', registered: true } }, consumers: GOLDEN.final.consumers };
    expect(firstDifference(GOLDEN, observed({ final: reordered }))).toBeUndefined();
  });

  it.each([
    ['a return', { op: 1, calls: GOLDEN.trace[1]!.calls, ret: -16 }],
    ['a callback more', { op: 1, calls: [...GOLDEN.trace[1]!.calls, ['C', 'start']], ret: 0 }],
    ['a callback less', { op: 1, calls: GOLDEN.trace[1]!.calls.slice(1), ret: 0 }],
    ['their order', { op: 1, calls: GOLDEN.trace[1]!.calls.toReversed(), ret: 0 }],
    ["a callback's result", { op: 1, calls: [['C', 'stop'], ['C', 'add_producer', 'P', -12], ['C', 'start']], ret: 0 }],
    ['a warning', { op: 1, calls: GOLDEN.trace[1]!.calls, ret: 0, warn: true }],
  ])('is %s', (_what, entry) => {
    const difference = firstDifference(GOLDEN, observed({ trace: [GOLDEN.trace[0]!, entry] }));
    expect(difference?.where).toContain('operation 1');
    // What differs must be seen, too.
    expect(difference?.golden).not.toEqual(difference?.observed);
  });

  it('is an operation that was not carried out', () => {
    expect(firstDifference(GOLDEN, observed({ trace: GOLDEN.trace.slice(0, 1) }))).toMatchObject({ observed: ['(nothing)'] });
  });

  it('is the first of several, and traces go before the final state', () => {
    const wrong = observed({ trace: [{ op: 0, calls: [], ret: -22 }, { op: 1, calls: [], ret: -22 }], final: { producers: {}, consumers: {} } });
    expect(firstDifference(GOLDEN, wrong)?.where).toContain('operation 0');
  });

  it.each(['producers', 'consumers'] as const)('is the final state of the %s', (side) => {
    const final = { ...GOLDEN.final, [side]: { ...GOLDEN.final[side], X: { registered: false, token: null, peer: null } } };
    expect(firstDifference(GOLDEN, observed({ final }))?.where).toBe(`final state, ${side}`);
  });
});

describe('sideBySide', () => {
  it('marks the lines that differ', () => {
    const difference = firstDifference(GOLDEN, observed({ trace: [GOLDEN.trace[0]!, { op: 1, calls: [['C', 'stop'], ['C', 'add_producer', 'P', -12]], ret: -12 }] }))!;
    expect(sideBySide(difference)).toBe(
      [
        '  operation 1: {"op":"register_producer","id":"P","token":"t","irq":7}',
        '    kernel             | irqmesh',
        '    C stop             | C stop',
        '  ! C add_producer P 0 | C add_producer P -12',
        '  ! C start            | return -12',
        '  ! return 0           | ',
      ].join('\n'),
    );
  });
});
