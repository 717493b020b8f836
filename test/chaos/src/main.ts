// `npm run chaos`: real processes under a nemesis.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interruption, Progress, UsageError } from '@irqmesh/test-cli';
import { parseCommandLine } from './cli/arguments.ts';
import type { ChaosCommand, Nats } from './cli/arguments.ts';
import { keepRound, Report, violationsText } from './cli/report.ts';
import { kindsText, USAGE } from './cli/usage.ts';
import { runRound } from './run/round.ts';

const MAX_ROUND_MS = 180_000;
/** From src and from dist alike. */
const KEPT = fileURLToPath(new URL('../../../.irqmesh/chaos', import.meta.url));
const INTERRUPTED = 130;

function nodesOf(nats: Nats, round: number): 1 | 3 {
  if (nats === 'both') return round % 2 === 0 ? 3 : 1;
  return nats === 'single' ? 1 : 3;
}

async function run({ forMs, seed, kinds, nats, hosts }: ChaosCommand & { kind: 'run' }, signal: AbortSignal): Promise<number> {
  const rounds = Math.ceil(forMs / MAX_ROUND_MS);
  const report = new Report();
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    let what = '';
    const progress = new Progress(() => `chaos: round ${round + 1} of ${rounds}, ${what}`);
    try {
      const verdict = await runRound({ seed: seed + round, forMs: forMs / rounds, kinds, nodes: nodesOf(nats, round), hosts, signal, onProgress: (text) => void (what = text) });
      progress.stop();
      console.log(report.add(verdict));
      if (verdict.violations.length > 0) console.log(`${violationsText(verdict)}\n  all of it: ${relative(process.cwd(), keepRound(verdict, KEPT))}`);
    } finally {
      progress.stop();
    }
  }
  console.log(report.summary());
  return report.hasFailed ? 1 : 0;
}

async function main(argv: readonly string[]): Promise<number> {
  const command = parseCommandLine(argv);
  if (command.kind === 'help') console.log(USAGE);
  else if (command.kind === 'kinds') console.log(kindsText());
  else {
    const signal = interruption();
    try {
      return await run(command, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      console.log('interrupted; what had been started is ended');
      return INTERRUPTED;
    }
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`chaos: ${error.message}\n(npm run chaos -- --help tells more)`);
    process.exitCode = 2;
  } else {
    console.error(error);
    console.log('chaos: 0 passed, 1 failed');
    process.exitCode = 1;
  }
}
