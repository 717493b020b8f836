import { parseName } from '@irqmesh/domain';
import type { Source } from '../source-text.ts';
import { LogBySource, printable, quoted } from '../warning.ts';
import type { Warning } from '../warning.ts';
import type { Device, HostInventory, Vm } from './model.ts';
import { readSources } from './read-sources.ts';
import type { HostParts } from './read-sources.ts';
import { cpusOfDumps, driverVectors, vfioVectors } from './vectors.ts';
import type { FunctionVectors } from './vectors.ts';
import { VmRoster } from './vms.ts';
import type { Claim, VmDraft } from './vms.ts';

/** A host, and everything about its sources that the user should know. */
export interface HostReading {
  readonly host: HostInventory;
  readonly warnings: readonly Warning[];
}

/**
 * Joins the dumps and definitions of one host.
 *
 * Passed through are
 * - the PCI functions whose vectors VFIO holds in the interrupts dump, and
 * - those that a definition names; without a vector in the dump they stay, with none (the VM was off).
 *
 * When VFIO holds no vector at all, the dump was taken with all VMs off, or inside a guest, or on a host that passes
 * nothing through. The functions' vectors are then those that the drivers of the dump's own machine hold: of the
 * functions that definitions name, or, when no definition names any, of all functions with MSI-X (with MSI, when none
 * has MSI-X) but PCI bridges. A notice says so.
 *
 * A function belongs to the VM that names it first. One that no definition names gets a VM made up for it, such as
 * `vm-0000-03-00.0`.
 *
 * @param name the host's, 1 to 64 letters, digits, `-` or `_`
 * @throws IrqBypassError -EINVAL for another name; nothing in the sources makes it throw
 */
export function buildHost({ name, sources }: { readonly name: string; readonly sources: readonly Source[] }): HostReading {
  parseName('host', name);
  return new HostBuilder(name, readSources(sources)).build();
}

class HostBuilder {
  readonly #name: string;
  readonly #parts: HostParts;
  readonly #roster = new VmRoster();
  /** Of the vectors' readers, which bound theirs. */
  readonly #vectorWarnings: Warning[] = [];
  readonly #log = new LogBySource();
  readonly #products = new Map<string, string>();

  constructor(name: string, parts: HostParts) {
    this.#name = name;
    this.#parts = parts;
    for (const { bdf, product } of parts.nodeDevices) if (product !== undefined && !this.#products.has(bdf)) this.#products.set(bdf, product);
  }

  build(): HostReading {
    for (const vm of this.#parts.vms) this.#roster.define(vm);
    for (const fragment of this.#parts.fragments) this.#roster.adopt(fragment);
    const functions = this.#passedThrough();
    for (const { bdf, source, line } of functions.values()) if (!this.#roster.claims.has(bdf)) this.#synthesize(bdf, source, line);
    const devices = Array.from(this.#roster.claims, ([bdf, claim]) => this.#device(bdf, claim, functions.get(bdf)));
    const host: HostInventory = {
      name: this.#name,
      cpus: cpusOfDumps(this.#parts.dumps),
      devices: devices.toSorted((a, b) => compareBdf(a.bdf, b.bdf)),
      vms: this.#roster.vms.map(finishVm),
    };
    this.#noticeDumps();
    this.#noticePins(host);
    if (devices.length === 0) this.#say('warning', this.#name, 0, 'no PCI function to play with: VFIO holds no vector, no other row tells its PCI address, and no definition passes one through');
    return { host, warnings: [...this.#parts.warnings, ...this.#roster.warnings, ...this.#vectorWarnings, ...this.#log.list()] };
  }

  /** The functions with vectors to play with, by the rule of `buildHost`. */
  #passedThrough(): ReadonlyMap<string, FunctionVectors> {
    const vfio = vfioVectors(this.#parts.dumps);
    this.#vectorWarnings.push(...vfio.warnings);
    const driven = driverVectors(this.#parts.dumps);
    const chosen = vfio.functions.size > 0 ? vfio.functions : this.#chooseDriven([...driven.functions.values()]);
    if (chosen !== vfio.functions) this.#vectorWarnings.push(...driven.warnings);
    this.#noticeWithoutVectors(chosen, driven.functions);
    return chosen;
  }

  #chooseDriven(driven: readonly FunctionVectors[]): ReadonlyMap<string, FunctionVectors> {
    const { claims } = this.#roster;
    const msix = driven.filter(({ vectors }) => vectors[0]?.kind === 'msix');
    const chosen = claims.size > 0 ? driven.filter(({ bdf }) => claims.has(bdf)) : msix.length > 0 ? msix : driven;
    if (chosen.length > 0) {
      const which = claims.size > 0 ? 'the functions that definitions name' : msix.length > 0 ? 'all functions with MSI-X' : 'all functions with MSI';
      this.#say('notice', chosen[0]!.source, 0, `VFIO holds no vector in this dump; ${which} are taken as passed through, with the vectors their drivers hold: ${list(chosen.map(({ bdf, driver }) => `${bdf} (${printable(driver ?? 'unnamed')})`))}`);
    }
    return new Map(chosen.map((fn) => [fn.bdf, fn]));
  }

  #noticeWithoutVectors(functions: ReadonlyMap<string, FunctionVectors>, driven: ReadonlyMap<string, FunctionVectors>): void {
    if (this.#parts.dumps.length === 0) return;
    for (const [bdf, { vm, source, line }] of this.#roster.claims) {
      if (functions.has(bdf)) continue;
      const holder = driven.get(bdf);
      const why = holder === undefined ? 'the interrupts dump shows none' : `a driver of the host (${printable(holder.driver ?? 'unnamed')}) held them when the dump was taken`;
      this.#say('notice', source, line, `${bdf} of ${quoted(vm.name)} has no vectors: ${why}`);
    }
  }

  #synthesize(bdf: string, source: string, line: number): void {
    const vm = this.#roster.synthesize(bdf, source, line);
    this.#say('notice', source, line, `no definition names ${bdf}; the VM ${quoted(vm.name)} is made up for it`);
  }

  #device(bdf: string, { vm, label }: Claim, vectors: FunctionVectors | undefined): Device {
    return { bdf, label: printable(this.#products.get(bdf) ?? label ?? vectors?.driver ?? 'PCI function'), vm: vm.name, vectors: vectors?.vectors ?? [] };
  }

  #noticeDumps(): void {
    const { length } = this.#parts.dumps;
    if (length === 0) this.#say('warning', this.#name, 0, 'there is no interrupts dump, so no device has vectors');
    if (length > 1) this.#say('notice', this.#name, 0, `${length} interrupts dumps are taken together as one host; of a vector in several of them the highest counts are kept. A dump of another machine needs a host of its own`);
  }

  #noticePins(host: HostInventory): void {
    if (host.cpus.length === 0) return;
    const online = new Set(host.cpus);
    for (const { name, definition } of this.#roster.vms) {
      const offline = (definition?.pins ?? []).filter(({ cpus }) => cpus.every((cpu) => !online.has(cpu)));
      if (offline.length > 0) this.#say('notice', definition!.source, definition!.line, `${offline.length} vCPUs of ${quoted(name)} are pinned to CPUs that are not online in the dump`);
    }
  }

  #say(level: Warning['level'], source: string, line: number, reason: string): void {
    this.#log.of(source).say(level, line, reason);
  }
}

/** At most this many are named in a sentence. */
const MAX_LISTED = 6;

function list(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return more > 0 ? `${names.slice(0, MAX_LISTED).join(', ')} and ${more} more` : names.join(', ');
}

/** By domain, bus, slot and function; a domain may have more than four digits. */
function compareBdf(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function finishVm(draft: VmDraft): Vm {
  const { definition, devices } = draft;
  return {
    name: draft.name,
    ...(definition?.uuid === undefined ? {} : { uuid: printable(definition.uuid, 64) }),
    ...(definition?.vcpus === undefined ? {} : { vcpus: definition.vcpus }),
    pins: definition?.pins ?? [],
    devices,
    synthesized: definition === undefined,
  };
}
