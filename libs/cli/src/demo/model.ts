import { Fold } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import type { HostInventory } from '@irqmesh/inventory';
import { eventLine } from './event-text.ts';
import type { EventLine } from './event-text.ts';
import { Tally } from './tally.ts';
import { placesOf, vectorState } from './vectors.ts';
import type { VectorPlace, VectorState } from './vectors.ts';

/** A host of the demo in its present boot. */
export interface ModelHost {
  readonly inventory: HostInventory;
  /** 0 before the first. */
  boot: number;
  places: readonly VectorPlace[];
}

const LATEST_MAX = 100;

/** What the demo knows: the log, folded, and which vectors its tokens belong to. */
export class DemoModel {
  readonly fold = new Fold();
  readonly tally = new Tally();
  readonly hosts: ReadonlyMap<string, ModelHost>;
  /** The newest last. */
  readonly latest: EventLine[] = [];
  private readonly byToken = new Map<string, VectorPlace>();
  private firstSequence = 1;
  private readonly waiters = new Set<() => void>();

  constructor(inventories: readonly HostInventory[]) {
    this.hosts = new Map(inventories.map((inventory) => [inventory.name, { inventory, boot: 0, places: placesOf(inventory, 1) }]));
  }

  /** Events up to this sequence are of earlier runs: they are folded, and not counted. */
  countFrom(sequence: number): void {
    this.firstSequence = sequence;
  }

  /** A host boots: its eventfds, and with them its tokens, are new. */
  setBoot(name: string, boot: number): void {
    const host = this.hosts.get(name)!;
    host.boot = boot;
    host.places = placesOf(host.inventory, boot);
    for (const place of host.places) {
      this.byToken.set(place.kvmToken, place);
      this.byToken.set(place.userToken, place);
    }
  }

  /** Folds an event; returns its line, or undefined for one of an earlier run. */
  apply(event: LogEvent, nowMs: number): EventLine | undefined {
    const before = this.fold.token(event.token);
    this.fold.apply(event);
    if (event.sequence < this.firstSequence) return undefined;
    this.tally.add(event, before, nowMs);
    const line = eventLine(event, this.byToken.get(event.token));
    this.latest.push(line);
    if (this.latest.length > LATEST_MAX) this.latest.shift();
    for (const check of this.waiters) check();
    return line;
  }

  state(place: VectorPlace): VectorState {
    return vectorState(this.fold, place);
  }

  /** How many of these vectors are in each state. */
  count(places: readonly VectorPlace[]): Record<VectorState, number> {
    const counts: Record<VectorState, number> = { off: 0, remapped: 0, posted: 0, masked: 0 };
    for (const place of places) counts[this.state(place)] += 1;
    return counts;
  }

  /** Pairs that are connected, of all tokens in the log. */
  get pairs(): number {
    let pairs = 0;
    for (const token of this.fold.tokens()) if (token.connected) pairs += 1;
    return pairs;
  }

  /** The first boot number that no token in the log has: 1 on a fresh log. */
  nextBoot(name: string): number {
    const prefix = `${name}/boot-`;
    let last = 0;
    for (const { token } of this.fold.tokens()) {
      if (token.startsWith(prefix)) last = Math.max(last, Number.parseInt(token.slice(prefix.length), 10) || 0);
    }
    return last + 1;
  }

  /** Waits until the log makes `holds` true. Resolves with false when `timeoutMs` has passed, or the signal aborted. */
  until(holds: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        clearTimeout(timer);
        this.waiters.delete(check);
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const check = (): void => {
        if (holds()) finish(true);
      };
      const onAbort = (): void => finish(false);
      const timer = setTimeout(() => finish(holds()), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(check);
      if (signal.aborted) finish(false);
      else check();
    });
  }
}
