import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { bucketValues } from './bucket-values.ts';
import { event } from './event.ts';
import { exportLines } from './export-lines.ts';
import { interrupts } from './interrupts.ts';
import { inventory } from './inventory.ts';
import { libvirt } from './libvirt.ts';
import { names } from './names.ts';
import { qemu } from './qemu.ts';
import { repliesJson } from './replies-json.ts';
import { repliesProtobuf } from './replies-protobuf.ts';
import { requestsJson } from './requests-json.ts';
import { requestsProtobuf } from './requests-protobuf.ts';

/** All targets. A new reader of foreign input gets a file of its own here, and a line. */
export const targets: readonly FuzzTarget[] = [
  event, requestsProtobuf, requestsJson, repliesProtobuf, repliesJson, bucketValues, names, exportLines, interrupts, libvirt, qemu, inventory,
];
