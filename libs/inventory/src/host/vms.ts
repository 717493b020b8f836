import type { VmDefinition } from '../vm-definition.ts';
import { LogBySource, printable, quoted } from '../warning.ts';
import type { Warning } from '../warning.ts';
import type { Fragment } from './read-sources.ts';

/** A VM being put together, its name fit for a terminal; `devices` are addresses, in the order the sources name them. */
export interface VmDraft {
  readonly name: string;
  readonly definition: VmDefinition | undefined;
  readonly devices: string[];
}

/** Who owns a device by the sources' word, and where that stands. */
export interface Claim {
  readonly vm: VmDraft;
  readonly source: string;
  readonly line: number;
  readonly label: string | undefined;
}

/** The VMs of one host, with unique names, and the device each claims; no device is claimed twice. */
export class VmRoster {
  readonly vms: VmDraft[] = [];
  readonly claims = new Map<string, Claim>();
  readonly #byName = new Map<string, VmDraft>();
  /** The number that the next VM of a taken name gets. */
  readonly #nextNumber = new Map<string, number>();
  readonly #log = new LogBySource();

  get warnings(): readonly Warning[] {
    return this.#log.list();
  }

  /** Adds a VM with what it passes through. The same VM defined again (name and UUID) adds to the first. */
  define(definition: VmDefinition): void {
    const { source, line, uuid } = definition;
    const namesake = this.#byName.get(shownName(definition.name));
    const same = namesake !== undefined && namesake.definition?.name === definition.name && namesake.definition.uuid === uuid;
    if (same) this.#say('notice', source, line, `the VM ${quoted(definition.name)} is defined already in ${namesake.definition.source}:${namesake.definition.line}; both are taken together`);
    const vm = same ? namesake : this.#add(definition.name, definition);
    if (!same && namesake !== undefined) this.#say('warning', source, line, `another VM has the name ${quoted(definition.name)}; this one is called ${quoted(vm.name)}`);
    for (const passthrough of definition.passthroughs) this.#claim(passthrough.bdf, { vm, source, line: passthrough.line, label: passthrough.label });
  }

  /** Makes a VM up for a device that a fragment names. */
  adopt({ bdf, source, line, label }: Fragment): void {
    if (!this.claims.has(bdf)) this.#claim(bdf, { vm: this.#addFor(bdf), source, line, label });
  }

  /** Makes a VM up for a device that only an interrupts dump shows; the claim stands at the dump's row. */
  synthesize(bdf: string, source: string, line: number): VmDraft {
    const vm = this.#addFor(bdf);
    this.#claim(bdf, { vm, source, line, label: undefined });
    return vm;
  }

  #claim(bdf: string, claim: Claim): void {
    const first = this.claims.get(bdf);
    if (first === undefined) {
      this.claims.set(bdf, claim);
      claim.vm.devices.push(bdf);
    } else if (first.vm === claim.vm) this.#say('notice', claim.source, claim.line, `${bdf} is named for ${quoted(claim.vm.name)} already`);
    else {
      this.#say('warning', claim.source, claim.line, `${bdf} belongs to ${quoted(first.vm.name)} already (${first.source}:${first.line}) and is not given to ${quoted(claim.vm.name)}: only one of them can run with it at a time`);
    }
  }

  /** `vm-0000-03-00.0`. */
  #addFor(bdf: string): VmDraft {
    return this.#add(`vm-${bdf.replaceAll(':', '-')}`, undefined);
  }

  #add(wanted: string, definition: VmDefinition | undefined): VmDraft {
    const shown = shownName(wanted);
    let name = shown;
    let number = this.#nextNumber.get(shown) ?? 2;
    for (; this.#byName.has(name); number += 1) name = `${shown}-${number}`;
    this.#nextNumber.set(shown, number);
    const vm = { name, definition, devices: [] };
    this.vms.push(vm);
    this.#byName.set(name, vm);
    return vm;
  }

  #say(level: Warning['level'], source: string, line: number, reason: string): void {
    this.#log.of(source).say(level, line, reason);
  }
}

function shownName(name: string): string {
  return printable(name, 255);
}
