import { checkHistory } from '@irqmesh/test-history';
import type { History, Moment, Violation } from '@irqmesh/test-history';
import { Simulation } from './simulation.ts';
import type { RunOptions, RunRecord } from './simulation.ts';
import { verifyRecords } from './verify-records.ts';

/** Something that must never happen, and did. */
export interface Finding {
  /** The checker that found it; `processes` for a service or an agent that failed by itself. */
  readonly checker: string;
  readonly sentence: string;
  /** The moment of the run's history that it is about; undefined for the end of the run. */
  readonly moment?: Moment | undefined;
}

/** A run and what was found in it. */
export interface JudgedRun {
  readonly options: RunOptions;
  readonly record: RunRecord;
  readonly findings: readonly Finding[];
  /** Tokens whose search for a linearization was given up: no verdict. */
  readonly undecided: number;
}

/** Errors that nobody caught while the current run ran: in production they end the process. */
let uncaught: unknown[] = [];
let catching = false;

/** Makes uncaught errors findings of the run that they happen in; called in each thread that runs simulations. */
export function catchUncaught(): void {
  if (catching) return;
  catching = true;
  // oxlint-disable no-restricted-globals -- no clock of it is read
  process.on('unhandledRejection', (error) => void uncaught.push(error));
  process.on('uncaughtException', (error) => void uncaught.push(error));
  // oxlint-enable no-restricted-globals
}

/** Runs a seed and lets every checker judge it. */
export async function judge(options: RunOptions): Promise<JudgedRun> {
  uncaught = [];
  const record = await new Simulation(options).run(() => uncaught.length > 0);
  const { history, violation } = record;
  const { violations, undecided } = checkHistory(history, { settled: record.unsettled === undefined && !record.cutShort });
  const findings: Finding[] = [
    ...uncaught.map((error) => ({ checker: 'processes', sentence: `an error that nobody caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` })),
    ...record.surprises.map((sentence) => ({ checker: 'processes', sentence })),
    ...(violation === undefined ? [] : [{ checker: violation.checker, sentence: violation.sentence }]),
    ...violations.map((found) => ({ checker: found.checker, sentence: found.sentence, moment: momentOf(found, history) })),
    ...verifyRecords(record).map((sentence) => ({ checker: 'verify', sentence })),
    ...record.foldDifferences.map((sentence) => ({ checker: 'convergence', sentence })),
  ];
  // What nobody can judge must not pass: then the search's bound is to be raised, or the history made smaller.
  if (undecided > 0) findings.push({ checker: 'linearizability', sentence: `the search for a linearization was given up for ${undecided} tokens` });
  if (record.unsettled !== undefined) findings.push({ checker: 'convergence', sentence: record.unsettled });
  return { options, record, findings: withoutRepeats(findings), undecided };
}

/** When what a violation is about happened: its last event was stored, or its call returned. */
function momentOf({ at, sequences }: Violation, { log }: History): Moment | undefined {
  return at ?? log.filter(({ event }) => sequences.includes(event.sequence)).at(-1)?.storedAt;
}

/** What was seen while the run went on is found again afterwards. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ checker, sentence }, index) => findings.findIndex((other) => other.checker === checker && other.sentence === sentence) === index);
}
