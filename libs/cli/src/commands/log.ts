import { Command, Option } from 'commander';

const LOG_EXAMPLES = `
Examples:
  irqmesh log export backup.ndjson.gz
  irqmesh log import backup.ndjson.gz`;

const EXPORT_EXAMPLES = `
The file holds one CloudEvent a line, in JSON: first one about the log, then one
for each event, in order, with all its headers. A name that ends in .gz makes it
compressed; - is the standard output. It reads up to the event that is the last
one when it starts, and writes the file whole or not at all.

Examples:
  irqmesh log export backup.ndjson.gz
  irqmesh log export - | jq -c 'select(.token == "host-a/boot-1/eventfd-33")'`;

const IMPORT_EXAMPLES = `
The stream must not be there, or be empty. The whole file is checked before
anything is written: order, gaps, checksums, and what its first line says. The
events keep their sequences; the server checks again that each follows the one
that its writer expected.

The services must be stopped. Their read models know the stream that was there
before: remove their state folders (IRQMESH_STATE_DIR) before they start, or
start them once with IRQMESH_ACCEPT_DATA_LOSS=true.

Examples:
  irqmesh log import backup.ndjson.gz
  ssh host-a cat backup.ndjson | irqmesh log import -`;

/** `irqmesh log`: backup and restore. */
export function logCommand(): Command {
  return new Command('log')
    .description('back up the log, and restore it')
    .addHelpText('after', LOG_EXAMPLES)
    .addCommand(exportCommand())
    .addCommand(importCommand());
}

function exportCommand(): Command {
  return new Command('export')
    .description('write all events of the log to a file')
    .argument('<file>', 'the file, or - for the standard output')
    .option('--force', 'replace a file that is there')
    .addHelpText('after', EXPORT_EXAMPLES)
    .action(async (file: string, { force }: { readonly force?: true }) => {
      const { runExport } = await import('../log/run-export.ts');
      await runExport(file, force === true);
    });
}

function importCommand(): Command {
  return new Command('import')
    .description('make the log anew from a file that was exported')
    .argument('<file>', 'the file, or - for the standard input')
    .addOption(new Option('--replicas <n>', 'copies of the stream, as the services have it').choices(['1', '3', '5']).default('1').env('IRQMESH_REPLICAS'))
    .addHelpText('after', IMPORT_EXAMPLES)
    .action(async (file: string, { replicas }: { readonly replicas: string }) => {
      const { runImport } = await import('../log/run-import.ts');
      await runImport(file, Number(replicas));
    });
}
