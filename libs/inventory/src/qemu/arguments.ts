import type { Passthrough } from '../vm-definition.ts';
import { quoted } from '../warning.ts';
import type { WarningLog } from '../warning.ts';
import { readDeviceOption } from './device-option.ts';

/** A word of a command line and the line it starts in. */
export interface Word {
  readonly text: string;
  readonly line: number;
}

/** What the arguments of one QEMU tell of its VM. */
export interface QemuArguments {
  readonly name: string | undefined;
  readonly uuid: string | undefined;
  readonly vcpus: number | undefined;
  readonly passthroughs: readonly Passthrough[];
}

/** Reads QEMU's arguments (`-device`, `-name`, `-uuid`, `-smp`; all others are none of our business). */
export function readQemuArguments(words: readonly Word[], log: WarningLog): QemuArguments {
  const valueOf = (option: string) => words[words.findLastIndex(({ text }) => isOption(text, option)) + 1]?.text;
  const has = (option: string) => words.some(({ text }) => isOption(text, option));
  const passthroughs = words.flatMap((word, at) => (at > 0 && isOption(words[at - 1]!.text, 'device') ? readDevice(word, log) : []));
  return {
    name: has('name') ? firstValue(valueOf('name'), 'guest') : undefined,
    uuid: has('uuid') ? valueOf('uuid') : undefined,
    vcpus: has('smp') ? countOf(firstValue(valueOf('smp'), 'cpus')) : undefined,
    passthroughs,
  };
}

/** QEMU takes one dash or two. */
function isOption(text: string, option: string): boolean {
  return text === `-${option}` || text === `--${option}`;
}

/** `web-1,debug-threads=on` and `guest=web-1,…` → `web-1`. */
function firstValue(text: string | undefined, key: string): string | undefined {
  const parts = (text ?? '').split(',');
  const named = parts.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1);
  const value = named ?? (parts[0]!.includes('=') ? undefined : parts[0]);
  return value === '' ? undefined : value;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
}

function readDevice({ text, line }: Word, log: WarningLog): Passthrough[] {
  const device = readDeviceOption(text);
  if (device === undefined) return [];
  const { address, id } = device;
  if ('bdf' in address) return [{ bdf: address.bdf, line, label: isOwnName(id) ? id : undefined }];
  log.warn(line, `-device ${quoted(text, 60)} is left out: ${address.problem}`);
  return [];
}

/** libvirt numbers its devices (`hostdev0`), which says nothing. */
function isOwnName(id: string | undefined): boolean {
  return id !== undefined && id !== '' && !/^hostdev\d+$/.test(id);
}
