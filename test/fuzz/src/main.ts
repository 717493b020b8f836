import { interruption, UsageError } from '@irqmesh/test-cli';
import { parseCommandLine } from './cli/arguments.ts';
import { runFuzz, runOneInput } from './cli/run-fuzz.ts';
import { targetList, USAGE } from './cli/usage.ts';
import { REAL_DUMPS_NOTICE } from './corpus/dumps.ts';
import { targets } from './targets/index.ts';

const MODULES = { targetsUrl: new URL('targets/index.js', import.meta.url).href, workerUrl: new URL('pool/fuzz-worker.js', import.meta.url) };

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const command = parseCommandLine(argv, targets.map(({ name }) => name));
  if (REAL_DUMPS_NOTICE !== undefined && (command.kind === 'run' || command.kind === 'input')) console.log(REAL_DUMPS_NOTICE);
  switch (command.kind) {
    case 'help':
      console.log(USAGE);
      return 0;
    case 'list':
      console.log(targetList(targets));
      return 0;
    case 'run':
      return runFuzz(command, targets, MODULES, signal);
    case 'input':
      return runOneInput(command, targets, MODULES, signal);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2), interruption());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`fuzz: ${error.message}\n(npm run fuzz -- --help tells more)`);
  process.exitCode = 2;
}
