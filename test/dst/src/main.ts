import { interruption, UsageError } from '@irqmesh/test-cli';
import { parseCommandLine } from './cli/arguments.ts';
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

try {
  // A world that failed may have left promises that nobody keeps: nothing else is waited for.
  process.exit(await main(process.argv.slice(2), interruption()));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`dst: ${error.message}\n(npm run dst -- --help tells more)`);
  process.exit(2);
}
