import { closeSync, openSync, writeSync } from 'node:fs';
import { UsageError } from '@irqmesh/test-cli';
import { catchUncaught, judge } from '../run/judge.ts';
import { verdictOf } from '../run/verdict.ts';
import type { DstCommand } from './arguments.ts';
import { failureText, faultTable } from './report.ts';
import { shrinkSeed } from './shrink-seed.ts';

const LAST_LINES = 60;

/** Runs one seed and tells all about it; makes it smaller when it fails. @returns the exit status. */
export async function runOne({ seed, trace, choice }: DstCommand & { kind: 'seed' }, interrupted: AbortSignal): Promise<number> {
  catchUncaught();
  const file = trace === undefined ? undefined : openTrace(trace);
  const run = await judge({ seed, ...choice, ...(file === undefined ? {} : { sink: (line: string) => writeSync(file, `${line}\n`) }) });
  if (file !== undefined) closeSync(file);
  const { shape, history, faults, hash, virtualMs } = run.record;
  const services = shape.registries.producer + shape.registries.consumer + shape.matchers;
  console.log(`seed ${seed}, ${choice.profile}: ${shape.hosts.length} hosts, ${shape.tokens.length} tokens, ${services} services, ${shape.partitions} partitions`);
  console.log(`${history.calls.length} calls, ${history.callbacks.length} callbacks, ${history.log.length} events in ${(virtualMs / 1_000).toFixed(1)} s of virtual time\n`);
  console.log(faultTable(faults));
  if (run.findings.length > 0) console.log(`\n${failureText(verdictOf(run), LAST_LINES)}`);
  if (trace !== undefined) console.log(`\nthe whole run: ${trace}`);
  console.log(`\nhash of the run: ${hash}`);
  if (run.findings.length > 0 && !interrupted.aborted) await shrinkSeed({ seed, ...choice }, false, interrupted);
  if (interrupted.aborted) return 130;
  console.log(run.findings.length === 0 ? 'dst: 1 passed, 0 failed' : 'dst: 0 passed, 1 failed');
  return run.findings.length === 0 ? 0 : 1;
}

function openTrace(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`--trace: ${(error as Error).message}`);
  }
}
