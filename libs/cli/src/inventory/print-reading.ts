import { basename, extname, resolve } from 'node:path';
import { formatWarning, hostNameOf } from '@irqmesh/inventory';
import type { HostReading } from '@irqmesh/inventory';
import { printJson } from '../output/json.ts';
import { hostReport } from './host-report.ts';

/** Prints an inventory; its warnings go to standard error, or into the JSON. */
export function printReading({ host, warnings }: HostReading, json: boolean): void {
  if (json) return printJson({ host, warnings });
  process.stdout.write(hostReport(host));
  for (const warning of warnings) process.stderr.write(`${formatWarning(warning)}\n`);
}

/** `examples/host-a/` → `host-a`, `dumps/rack7.txt` → `rack7`. */
export function hostNameOfPath(path: string): string {
  const name = basename(resolve(path));
  return hostNameOf(basename(name, extname(name)));
}
