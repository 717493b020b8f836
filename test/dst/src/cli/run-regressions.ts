import { REGRESSIONS } from '../regressions/regressions.ts';
import { catchUncaught, judge } from '../run/judge.ts';
import { verdictOf } from '../run/verdict.ts';
import { failureText } from './report.ts';

const LAST_LINES = 15;

/** Runs every seed that once found something. @returns the exit status. */
export async function runRegressions(signal: AbortSignal): Promise<number> {
  catchUncaught();
  let failed = 0;
  let done = 0;
  for (const { seed, profile, cause } of REGRESSIONS) {
    if (signal.aborted) break;
    const run = await judge({ seed, profile });
    done += 1;
    if (run.findings.length > 0) failed += 1;
    console.log(`${run.findings.length === 0 ? 'passed' : 'FAILED'}  seed ${seed}: ${cause}`);
    if (run.findings.length > 0) console.log(failureText(verdictOf(run), LAST_LINES));
  }
  console.log(`dst: ${done - failed} passed, ${failed} failed`);
  if (signal.aborted) return 130;
  return failed === 0 ? 0 : 1;
}
