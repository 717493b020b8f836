import { verdictApart } from '../pool/seed-pool.ts';
import type { RunOptions } from '../run/simulation.ts';
import { verdictOn } from '../run/verdict.ts';
import type { SeedVerdict } from '../run/verdict.ts';
import { shrink } from '../shrink/shrink.ts';
import { Progress } from '@irqmesh/test-cli';
import { failureText, reproduction } from './report.ts';

const LAST_LINES = 40;

/**
 * Makes a failing seed smaller, and tells how to repeat what is left of it.
 * @param isApart runs each try in a thread of its own: the seed broke or hung its thread.
 */
export async function shrinkSeed(options: RunOptions, isApart: boolean, signal: AbortSignal): Promise<void> {
  const { seed } = options;
  const judge = async (tried: RunOptions) => {
    const verdict: SeedVerdict | undefined = isApart ? await verdictApart(tried, signal) : await verdictOn(tried);
    return verdict === undefined ? undefined : { options: tried, verdict };
  };
  const failing = await judge(options);
  if (failing === undefined) return;
  if (failing.verdict.findings.length === 0) {
    console.log(`seed ${seed} passed when it was run again: a run is not deterministic\n`);
    return;
  }
  let tries = 0;
  const progress = new Progress(() => `dst: making seed ${seed} smaller, ${tries} runs tried`);
  const smallest = await shrink(failing, { judge, onTried: (count) => (tries = count), signal });
  progress.stop();
  const { shape, events } = smallest.verdict;
  const lanes = shape.hosts.reduce((sum, host) => sum + host.lanes.length, 0);
  const services = shape.registries.producer + shape.registries.consumer + shape.matchers;
  console.log(`seed ${seed} made smaller: ${shape.hosts.length} hosts, ${lanes} participants, ${shape.tokens.length} tokens, ${services} services, ${events} events`);
  console.log(`  ${reproduction(smallest.options)}`);
  console.log(`${failureText(smallest.verdict, LAST_LINES)}\n`);
}
