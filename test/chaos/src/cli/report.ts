import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { grouped } from '@irqmesh/test-cli';
import { ALL_KINDS, noCounts } from '../nemesis/nemesis-kinds.ts';
import type { NemesisCounts } from '../nemesis/nemesis-kinds.ts';
import type { RoundVerdict, RoundViolation } from '../run/round.ts';

/** What each round is judged by: the five checkers, `irqmesh verify` over the log, and that no program ended by itself. */
const CHECKERS: readonly RoundViolation['checker'][] = ['callbacks', 'model', 'linearizability', 'durability', 'convergence', 'verify', 'processes'];
/** Violations that are printed; all are kept in the files. */
const MAX_PRINTED = 10;
const ETIMEDOUT = -110;
const ENODEV = -19;

interface Sums {
  calls: number;
  acknowledged: number;
  refused: number;
  unknown: number;
  callbacks: number;
  events: number;
}

/** Sums up the rounds. */
export class Report {
  private readonly sums: Sums = { calls: 0, acknowledged: 0, refused: 0, unknown: 0, callbacks: 0, events: 0 };
  private readonly counts: NemesisCounts = noCounts();
  private readonly violated = new Map<RoundViolation['checker'], number>();
  private rounds = 0;
  private passed = 0;
  private failed = 0;

  /** @returns the round in a line. */
  add({ options, history, counts, violations }: RoundVerdict): string {
    const sums = sumsOf(history);
    for (const key of Object.keys(sums) as (keyof Sums)[]) this.sums[key] += sums[key];
    for (const kind of ALL_KINDS) this.counts[kind] += counts[kind];
    for (const { checker } of violations) this.violated.set(checker, (this.violated.get(checker) ?? 0) + 1);
    const failed = CHECKERS.filter((checker) => violations.some((violation) => violation.checker === checker)).length;
    this.failed += failed;
    this.passed += CHECKERS.length - failed;
    this.rounds += 1;
    const struck = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const nats = options.nodes === 1 ? 'one NATS node' : `${options.nodes} NATS nodes`;
    return `${violations.length === 0 ? 'passed' : 'FAILED'}  seed ${options.seed}, ${nats}: ${grouped(sums.calls)} calls, ${grouped(sums.acknowledged)} acknowledged, ${struck} faults, ${violations.length} violations`;
  }

  get hasFailed(): boolean {
    return this.failed > 0;
  }

  /** The table, and the line that counts. */
  summary(): string {
    const { calls, acknowledged, refused, unknown, callbacks, events } = this.sums;
    const rows: readonly (readonly [string, number])[] = [
      ['rounds', this.rounds],
      ['operations', calls],
      ['  acknowledged', acknowledged],
      ['  refused', refused],
      ['  unknown to their caller', unknown],
      ['callbacks', callbacks],
      ['events in the log', events],
      ['faults', Object.values(this.counts).reduce((sum, count) => sum + count, 0)],
      ...ALL_KINDS.map((kind) => [`  ${kind}`, this.counts[kind]] as const),
      ['violations', [...this.violated.values()].reduce((sum, count) => sum + count, 0)],
      ...CHECKERS.map((checker) => [`  ${checker}`, this.violated.get(checker) ?? 0] as const),
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    const countWidth = Math.max(...rows.map(([, count]) => grouped(count).length));
    const table = rows.map(([name, count]) => `${name.padEnd(width)}  ${grouped(count).padStart(countWidth)}`).join('\n');
    return `${table}\nchaos: ${this.passed} passed, ${this.failed} failed`;
  }
}

/** What was found in a round, for people. */
export function violationsText({ violations }: RoundVerdict): string {
  const lines = violations.slice(0, MAX_PRINTED).map(({ checker, sentence }) => `  ${checker}: ${sentence}`);
  if (violations.length > MAX_PRINTED) lines.push(`  and ${violations.length - MAX_PRINTED} more`);
  return lines.join('\n');
}

/** Keeps everything that is known of a round. @returns the folder. */
export function keepRound({ options, history, violations, logs, strikes, clockDriftUs }: RoundVerdict, root: string): string {
  const folder = join(root, `seed-${options.seed}-${options.nodes === 1 ? 'single' : 'cluster'}`);
  mkdirSync(folder, { recursive: true });
  const lines = (items: readonly unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');
  writeFileSync(join(folder, 'violations.jsonl'), lines(violations));
  writeFileSync(join(folder, 'calls.jsonl'), lines(history.calls));
  writeFileSync(join(folder, 'callbacks.jsonl'), lines(history.callbacks));
  writeFileSync(join(folder, 'turns.jsonl'), lines(history.turns));
  writeFileSync(join(folder, 'log.jsonl'), lines(history.log));
  writeFileSync(join(folder, 'strikes.txt'), `${strikes.join('\n')}\nclocks apart by up to ${clockDriftUs.toFixed(0)} us\n`);
  for (const [name, log] of logs) writeFileSync(join(folder, `${name}.log`), `${log.join('\n')}\n`);
  return folder;
}

function sumsOf({ calls, callbacks, log }: RoundVerdict['history']): Sums {
  const acknowledged = calls.filter(({ result }) => result === 0).length;
  const unknown = calls.filter(({ result }) => result === undefined || result === ETIMEDOUT || result === ENODEV).length;
  return { calls: calls.length, acknowledged, unknown, refused: calls.length - acknowledged - unknown, callbacks: callbacks.length, events: log.length };
}
