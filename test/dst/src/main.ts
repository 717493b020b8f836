import { parseCommandLine, UsageError } from './cli/arguments.ts';
import { runRegressions } from './cli/run-regressions.ts';
import { runOne } from './cli/run-seed.ts';
import { runRange } from './cli/run-seeds.ts';
import { faultList, USAGE } from './cli/usage.ts';

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const command = parseCommandLine(argv);
  switch (command.kind) {
    case 'help':
      console.log(USAGE);
      return 0;
    case 'faults':
      console.log(faultList());
      return 0;
    case 'seeds':
      return runRange(command, signal);
    case 'seed':
      return runOne(command, signal);
    case 'regressions':
      return runRegressions(signal);
  }
}

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // A second one does not wait.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
}

try {
  // A world that failed may have left promises that nobody keeps: nothing else is waited for.
  process.exit(await main(process.argv.slice(2), interrupted.signal));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`dst: ${error.message}\n\n${USAGE}`);
  process.exit(2);
}
