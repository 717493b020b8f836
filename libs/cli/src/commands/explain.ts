import { Command } from 'commander';
import { tokenArgument } from '../arguments.ts';

const EXAMPLES = `
The exit code is 0 when the question was answered, whatever the answer is; with
--json, "connected" tells it.

Examples:
  irqmesh explain host-a/boot-1/eventfd-33
  irqmesh explain host-a/boot-1/eventfd-33 --json | jq .connected`;

/** `irqmesh explain`: why a token is, or is not, connected. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('tell why a token is connected or not, with the events behind it')
    .argument('<token>', 'the token, 1 to 128 bytes of UTF-8', tokenArgument)
    .option('--json', 'print the answer and its events as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (token: string, { json }: { readonly json?: true }) => {
      const { runExplain } = await import('../explain/run-explain.ts');
      await runExplain(token, json === true);
    });
}
