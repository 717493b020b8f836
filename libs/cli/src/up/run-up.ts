import { CommandError, ExitCode } from '../command-error.ts';
import type { DemoHost } from '../demo/host-options.ts';
import { sizeOf } from '../demo/summary.ts';
import { placesOf } from '../demo/vectors.ts';
import { lastingRunFolder } from '../supervise/run-folder.ts';
import { Stack } from '../supervise/stack.ts';
import { StopSignals } from '../supervise/stop-signals.ts';
import type { ProcessListener } from '../supervise/supervised.ts';

export interface UpOptions {
  readonly hosts: readonly DemoHost[];
  readonly natsUrl: string | undefined;
}

/** Runs the services and hosts until it is told to stop. @returns the exit code */
export async function runUp({ hosts, natsUrl }: UpOptions): Promise<number> {
  const folder = lastingRunFolder();
  const stop = new StopSignals();
  const listener: ProcessListener = {
    onStatus: (_name, _status, sentence) => {
      if (sentence !== undefined) print(sentence);
    },
    onFailed: (error) => stop.stop(error),
  };
  const stack = new Stack({ command: 'up', folder, natsUrl, listener }, hosts);
  try {
    introduce(hosts);
    await stack.start(stop.signal);
    if (!stop.signal.aborted) await stack.startHosts(new Map(hosts.map(({ name }) => [name, folder.run])));
    if (!stop.signal.aborted) {
      printPlaces(stack, hosts, folder.path);
      await aborted(stop.signal);
    }
  } catch (error) {
    // Whatever fails because everything is being stopped is no failure.
    if (stop.exitCode === undefined) throw error;
  } finally {
    await stack.stop();
    stop.release();
  }
  if (stop.exitCode === undefined && stop.signal.reason instanceof CommandError) throw stop.signal.reason;
  return stop.exitCode ?? ExitCode.OK;
}

function introduce(hosts: readonly DemoHost[]): void {
  for (const { name, inventory, warnings } of hosts) {
    for (const warning of warnings) print(warning);
    print(`${name}: ${sizeOf(placesOf(inventory, 1).length, inventory.vms.length)}`);
  }
  print('starting NATS, the three services and the hosts');
}

function printPlaces(stack: Stack, hosts: readonly DemoHost[], stateDir: string): void {
  const row = (name: string, text: string): void => print(`  ${name.padEnd(18)} ${text}`);
  print('');
  print('Running');
  row('nats-server', `${stack.natsUrl}${stack.nats === undefined ? ' (not ours)' : `  pid ${stack.nats.pid}, ${stack.nats.monitorUrl}`}`);
  for (const { name, pid, httpPort } of stack.services) row(name, `pid ${pid}, http://127.0.0.1:${httpPort}/readyz`);
  for (const { name, pid, httpPort } of stack.hosts.values()) row(`host ${name}`, `pid ${pid}, http://127.0.0.1:${httpPort}/readyz`);
  row('log and state', stateDir);
  print('');
  print('In another terminal; the variable may be left out in this folder:');
  print(`  IRQMESH_NATS_URL=${stack.natsUrl} npm run irqmesh -- list`);
  const played = hosts.find(({ inventory }) => inventory.vms.length > 0);
  if (played !== undefined) {
    print('A host boots a VM when it is asked to, here by the nats command:');
    print(`  nats -s ${stack.natsUrl} req irqmesh.sim.${played.name}.boot '${JSON.stringify({ vm: played.inventory.vms[0]!.name })}'`);
  }
  print('Ctrl-C stops everything.');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
