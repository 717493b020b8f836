import { Command } from 'commander';

const EXAMPLES = `
It reads the whole log in order, or a file that "irqmesh log export" wrote, and
checks each event: sequences, checksums, the event that its writer expected
before it, its cause, and whether the registries and the matcher could decide so
by what stood before it. The first event that does not fit is named; what comes
behind it may not fit because of it.

The exit code is 0 for a log in which everything fits, 1 for another.

Examples:
  irqmesh verify
  irqmesh verify backup.ndjson.gz --all
  irqmesh log export - | irqmesh verify - --json | jq .findings`;

/** `irqmesh verify`: whether a log is as the services wrote it. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('check a whole log, and name the first event that does not fit')
    .argument('[file]', 'an exported log, - for the standard input; without it, the log of the running mesh')
    .option('--all', 'name every event that does not fit, up to 100')
    .option('--json', 'print the findings and the summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, { all, json }: { readonly all?: true; readonly json?: true }) => {
      const { runVerify } = await import('../verify/run-verify.ts');
      await runVerify({ file, all: all === true, json: json === true });
    });
}
