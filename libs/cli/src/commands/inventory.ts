import { Command } from 'commander';
import { hostArgument } from '../arguments.ts';

const SCAN_EXAMPLES = `
Examples:
  irqmesh inventory scan
  irqmesh inventory scan --json > this-machine.json`;

const SHOW_EXAMPLES = `
Examples:
  irqmesh inventory show examples/host-a
  irqmesh inventory show --name rack7 interrupts.txt web.xml --json`;

interface JsonOption {
  readonly json?: true;
}

/** `irqmesh inventory`: devices, vectors and VMs of a host, read from what Linux and libvirt tell. */
export function inventoryCommand(): Command {
  const inventory = new Command('inventory').description('read hosts, devices, vectors and VMs from /proc/interrupts and libvirt');
  inventory.addCommand(scanCommand());
  inventory.addCommand(showCommand());
  return inventory;
}

function scanCommand(): Command {
  return new Command('scan')
    .description('take the inventory of this machine')
    .option('--json', 'print the inventory and the warnings as JSON')
    .addHelpText('after', SCAN_EXAMPLES)
    .action(async ({ json }: JsonOption) => {
      const { scanThisMachine } = await import('@irqmesh/inventory');
      const { printReading } = await import('../inventory/print-reading.ts');
      printReading(await scanThisMachine(), json === true);
    });
}

function showCommand(): Command {
  return new Command('show')
    .description('read the inventory of one host from files and folders')
    .argument('<files...>', 'dumps of /proc/interrupts, libvirt XML, QEMU command lines, or folders of them')
    .option('--name <host>', "the host's name (default: the name of the first folder or file)", hostArgument)
    .option('--json', 'print the inventory and the warnings as JSON')
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (files: string[], { name, json }: JsonOption & { readonly name?: string }) => {
      const { readHostInventory } = await import('@irqmesh/inventory');
      const { hostNameOfPath, printReading } = await import('../inventory/print-reading.ts');
      printReading(await readHostInventory(name ?? hostNameOfPath(files[0]!), files), json === true);
    });
}
