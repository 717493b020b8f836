import { Command, InvalidArgumentError } from 'commander';
import { exampleHosts, parseHostOption, readHosts } from '../demo/host-options.ts';
import type { HostOption } from '../demo/host-options.ts';
import { runDemo } from '../demo/run-demo.ts';

interface Flags {
  readonly host?: readonly HostOption[];
  readonly seconds: number;
  readonly keep: boolean;
  readonly json: boolean;
}

const SECONDS_DEFAULT = 30;
const SECONDS_MIN = 10;
const SECONDS_MAX = 3600;

const HELP = `
Starts nats-server, the three services and a host-agent for each host, each a
process of its own, plays the life of the hosts, and ends with a summary.

Examples:
  irqmesh demo
  irqmesh demo --host m3=interrupts.txt
  irqmesh demo --host a=/proc/interrupts,vm1.xml --host b=dumps/b --keep

A host's inventory is a copy of its /proc/interrupts, and if you have them the
libvirt XML of its VMs (virsh dumpxml) or their QEMU command lines.
With IRQMESH_NATS_URL set, that server is used and none is started.
NO_COLOR=1 turns colours off.`;

/** `irqmesh demo`: the main job. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('play the life of hosts with real inventories, about 30 s')
    .option('--host <name=paths>', 'a host and its inventory: files or folders, separated by commas; repeatable', parseHostOption)
    .option('--seconds <n>', `how long the show takes, at least ${SECONDS_MIN}`, parseSeconds, SECONDS_DEFAULT)
    .option('--keep', 'leave everything running after the show, until Ctrl-C', false)
    .option('--json', 'print JSON lines: notes, steps, events and a summary', false)
    .addHelpText('after', HELP)
    .action(run);
}

async function run({ host: given = [], seconds, keep, json }: Flags): Promise<void> {
  const missing = Math.max(0, 2 - given.length);
  const examples = exampleHosts(missing, given.map(({ name }) => name));
  const notes = given.length === 1 ? [`--host names one host; the example ${examples.map(({ name }) => name).join('')} is the second one`] : [];
  const hosts = await readHosts([...given, ...examples]);
  const natsUrl = process.env['IRQMESH_NATS_URL'] || undefined;
  process.exitCode = await runDemo({ hosts, seconds, keep, json, natsUrl, notes });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^[0-9]{1,4}$/.test(text) && seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) return seconds;
  throw new InvalidArgumentError(`It must be a whole number from ${SECONDS_MIN} to ${SECONDS_MAX}.`);
}
