import { Command } from 'commander';
import { parseHostOption, readHosts } from '../demo/host-options.ts';
import type { HostOption } from '../demo/host-options.ts';
import { runUp } from '../up/run-up.ts';

const HELP = `
Starts nats-server (unless IRQMESH_NATS_URL names one), producer-registry,
consumer-registry, matcher, and a host-agent for each --host. The log stays in
.irqmesh/up from one run to the next; delete that folder to begin anew.

Examples:
  irqmesh up
  irqmesh up --host a=/proc/interrupts --host b=dumps/b`;

/** `irqmesh up`: the services without the show. */
export function upCommand(): Command {
  return new Command('up')
    .description('run the services, and hosts if wanted, until Ctrl-C')
    .option('--host <name=paths>', 'a host and its inventory: files or folders, separated by commas; repeatable', parseHostOption)
    .addHelpText('after', HELP)
    .action(async ({ host: given = [] }: { readonly host?: readonly HostOption[] }) => {
      process.exitCode = await runUp({ hosts: await readHosts(given), natsUrl: process.env['IRQMESH_NATS_URL'] || undefined });
    });
}
