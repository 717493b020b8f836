import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DomainTarget } from './domain-target.ts';
import { runCases } from './runner.ts';
import type { RunOptions } from './runner.ts';
import type { TraceCase } from './trace.ts';

const HANDPICKED = join(import.meta.dirname, '../data/handpicked.jsonl');
const RANDOM = join(import.meta.dirname, '../data/random-200.jsonl.gz');

let folder: string;
let cases: readonly TraceCase[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  cases = (await readFile(HANDPICKED, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as TraceCase);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function run(files: readonly string[], options: Partial<RunOptions> = {}) {
  const lines: string[] = [];
  const totals = await runCases(new DomainTarget(), { files, skipTags: [], write: (line) => lines.push(line), ...options });
  return { totals, lines };
}

async function runOn(golden: readonly TraceCase[], options: Partial<RunOptions> = {}) {
  const file = join(folder, 'cases.jsonl');
  await writeFile(file, golden.map((each) => `${JSON.stringify(each)}\n`).join(''));
  return run([file], options);
}

/** A hand-picked case that connects and has callbacks on both sides. */
function connecting(): TraceCase {
  return cases.find(({ trace, tags }) => tags.length === 1 && tags[0] === 'scenario' && trace.some(({ calls }) => calls.length >= 5))!;
}

describe('the domain', () => {
  it('passes the hand-picked cases, but for null tokens, which irqmesh refuses as v4.7 to v6.16 do', async () => {
    expect(await run([HANDPICKED])).toMatchObject({ totals: { passed: 131, failed: 0, skipped: 8 }, lines: [] });
  });

  it('passes 200 random cases', async () => {
    expect(await run([RANDOM])).toMatchObject({ totals: { passed: 200, failed: 0, skipped: 0 }, lines: [] });
  });
});

describe('runCases', () => {
  it.each<[string, (golden: TraceCase, index: number) => TraceCase]>([
    ['a return', (golden, index) => ({ ...golden, trace: golden.trace.with(index, { ...golden.trace[index]!, ret: -5 }) })],
    ['a callback left out', (golden, index) => ({ ...golden, trace: golden.trace.with(index, { ...golden.trace[index]!, calls: golden.trace[index]!.calls.slice(1) }) })],
    ['callbacks in another order', (golden, index) => ({ ...golden, trace: golden.trace.with(index, { ...golden.trace[index]!, calls: golden.trace[index]!.calls.toReversed() }) })],
    ['a warning', (golden, index) => ({ ...golden, trace: golden.trace.with(index, { ...golden.trace[index]!, warn: true }) })],
    ['the final state', (golden) => ({ ...golden, final: { ...golden.final, producers: {} } })],
  ])('fails a golden case that is wrong in %s, and prints it', async (_what, spoil) => {
    const golden = connecting();
    const index = golden.trace.findIndex(({ calls }) => calls.length >= 5);
    const { totals, lines } = await runOn([golden, spoil(golden, index), golden]);
    expect(totals).toMatchObject({ passed: 2, failed: 1, skipped: 0 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^FAILED ${golden.name}\n`));
    expect(lines[0]).toMatch(/\n {4}kernel +\| irqmesh\n/);
    expect(lines[0]).toMatch(/\n {2}! /);
  });

  it('leaves out cases with any of the tags, and counts them', async () => {
    const faulty = cases.filter(({ tags }) => tags.includes('fault') || tags.includes('alloc')).length;
    const { totals } = await run([HANDPICKED], { skipTags: ['fault', 'alloc'] });
    expect(faulty).toBeGreaterThan(0);
    expect(totals.skipped).toBe(faulty + 8);
    expect(totals.passed).toBe(139 - faulty - 8);
  });

  it('takes at most so many of each file, skipped ones not counted', async () => {
    const { totals } = await run([HANDPICKED, RANDOM], { limit: 3, skipTags: ['scenario'] });
    expect(totals).toMatchObject({ passed: 6, failed: 0 });
  });

  it('counts operations', async () => {
    const golden = connecting();
    expect((await runOn([golden, golden])).totals.operations).toBe(2 * golden.ops.length);
  });
});
