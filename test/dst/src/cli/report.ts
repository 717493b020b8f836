import { createHash } from 'node:crypto';
import { duration, grouped } from '@irqmesh/test-cli';
import { FAULTS } from '../faults/fault-kinds.ts';
import { NO_FAULTS } from '../faults/fault-plan.ts';
import type { FaultCounts } from '../faults/fault-plan.ts';
import type { RunOptions } from '../run/simulation.ts';
import type { SeedVerdict } from '../run/verdict.ts';

/** Failures that are kept with their last lines; of further ones only the seed and the sentence. */
const MAX_KEPT = 20;

/** Sums up the verdicts on many seeds. */
export class Report {
  readonly failures: SeedVerdict[] = [];
  passed = 0;
  failed = 0;
  undecided = 0;
  private readonly sums = { events: 0, calls: 0, callbacks: 0, virtualMs: 0 };
  private readonly faults: Record<string, number> = { ...NO_FAULTS };
  private readonly hashes = new Map<number, string>();
  private readonly startedMs = performance.now();

  add(verdict: SeedVerdict): void {
    const { seed, hash, findings, undecided, faults } = verdict;
    if (findings.length === 0) this.passed += 1;
    else {
      this.failed += 1;
      if (this.failures.length < MAX_KEPT) this.failures.push(verdict);
    }
    this.undecided += undecided;
    for (const key of ['events', 'calls', 'callbacks', 'virtualMs'] as const) this.sums[key] += verdict[key];
    for (const fault of FAULTS) this.faults[fault]! += faults[fault];
    this.hashes.set(seed, hash);
  }

  get done(): number {
    return this.passed + this.failed;
  }

  /** `812 seeds, 21.4 seeds/s, ...`: how far it is and how fast. */
  speed(): string {
    const seconds = (performance.now() - this.startedMs) / 1_000;
    const { events, virtualMs } = this.sums;
    const rate = (count: number): string => (count / seconds).toFixed(count / seconds < 10 ? 1 : 0);
    return `${rate(this.done)} seeds/s, ${rate(virtualMs / 1_000)} s of virtual time and ${rate(events)} events a second`;
  }

  /** One hash over all runs in the order of their seeds: two commands that ran the same seeds show the same. */
  hash(): string {
    const hash = createHash('sha256');
    for (const [seed, own] of [...this.hashes].sort(([a], [b]) => a - b)) hash.update(`${seed} ${own}\n`);
    return hash.digest('hex').slice(0, 16);
  }

  summary(): string {
    const { events, calls, callbacks, virtualMs } = this.sums;
    const seconds = (performance.now() - this.startedMs) / 1_000;
    return [
      faultTable(this.faults as FaultCounts),
      '',
      `${grouped(calls)} calls, ${grouped(callbacks)} callbacks, ${grouped(events)} events, ${duration(virtualMs / 1_000)} of virtual time`,
      `in ${duration(seconds)}: ${this.speed()}`,
      ...(this.undecided > 0 ? [`${this.undecided} searches for a linearization were given up: no verdict on those tokens`] : []),
      `hash of all runs: ${this.hash()}`,
    ].join('\n');
  }
}

/** How often each kind of fault struck, in two columns; those that did not, too. */
export function faultTable(faults: FaultCounts): string {
  if (FAULTS.every((fault) => faults[fault] === 0)) return 'no faults';
  const width = Math.max(...FAULTS.map((fault) => fault.length));
  const countWidth = Math.max(...FAULTS.map((fault) => grouped(faults[fault]).length));
  const cells = FAULTS.map((fault) => `${fault.padEnd(width)} ${grouped(faults[fault]).padStart(countWidth)}`);
  const rows = Math.ceil(cells.length / 2);
  return cells.slice(0, rows).map((cell, row) => `${cell}   ${cells[rows + row] ?? ''}`.trimEnd()).join('\n');
}

/** A failing seed: what was found, and the last lines of its trace. */
export function failureText({ seed, findings, lastLines }: SeedVerdict, lines: number): string {
  return [`seed ${seed} failed:`, ...findings.slice(0, 5).map(({ checker, sentence }) => `  ${checker}: ${sentence}`), ...(findings.length > 5 ? [`  and ${findings.length - 5} more`] : []), ...lastLines.slice(-lines).map((line) => `    ${line}`)].join('\n');
}

/** The command that repeats a run. */
export function reproduction({ seed, profile, limits = {}, without = new Set() }: RunOptions): string {
  const flags = [
    `--seed ${seed}`,
    ...(profile === 'swarm' ? [] : [`--profile ${profile}`]),
    ...(limits.hosts === undefined ? [] : [`--hosts ${limits.hosts}`]),
    ...(limits.tokens === undefined ? [] : [`--tokens ${limits.tokens}`]),
    ...(limits.lanes === undefined ? [] : [`--lanes ${limits.lanes}`]),
    ...(limits.registries === undefined ? [] : [`--registries ${limits.registries}`]),
    ...(limits.matchers === undefined ? [] : [`--matchers ${limits.matchers}`]),
    ...(limits.loadMs === undefined ? [] : [`--load-ms ${limits.loadMs}`]),
    ...(without.size === 0 ? [] : [`--without ${[...without].join(',')}`]),
  ];
  return `npm run dst -- ${flags.join(' ')}`;
}
