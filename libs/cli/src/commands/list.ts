import { Argument, Command } from 'commander';
import { hostArgument, wholeNumber } from '../arguments.ts';

const EXAMPLES = `
Without --host, every host's registrations are listed.

Examples:
  irqmesh list
  irqmesh list producers --host host-a
  irqmesh list pairs --token-prefix host-a/boot-1/ --json`;

/** `irqmesh list`: what is registered, and with whom it is connected. */
export function listCommand(): Command {
  return new Command('list')
    .description('list what is registered, and what is connected')
    .addArgument(new Argument('[what]', 'one side, or both joined by their tokens').choices(['producers', 'consumers', 'pairs']).default('pairs'))
    .option('--host <host>', 'only what this host registered', hostArgument)
    .option('--token-prefix <prefix>', 'only tokens that begin with this', '')
    .option('--limit <n>', 'show at most so many rows', wholeNumber(1, 1_000_000))
    .option('--json', 'print the rows as a JSON array')
    .addHelpText('after', EXAMPLES)
    .action(async (what: 'producers' | 'consumers' | 'pairs', { host, tokenPrefix, limit, json }: ListFlags) => {
      const { runList } = await import('../list/run-list.ts');
      await runList({ what, host, tokenPrefix, limit, json: json === true });
    });
}

interface ListFlags {
  readonly host?: string;
  readonly tokenPrefix: string;
  readonly limit?: number;
  readonly json?: true;
}
