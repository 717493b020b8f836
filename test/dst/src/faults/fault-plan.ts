import type { SeededRandom } from '@irqmesh/test-load';
import { FAULT_KINDS, FAULTS } from './fault-kinds.ts';
import type { Fault } from './fault-kinds.ts';

/**
 * How much goes wrong. `calm`: nothing. `swarm`: each seed leaves out some kinds of fault and draws how often the
 * others strike, so that rare combinations come about. `brutal`: every kind, about as often as in the middle of its range.
 */
export type Profile = 'calm' | 'swarm' | 'brutal';

export const PROFILES: readonly Profile[] = ['calm', 'swarm', 'brutal'];

/** With which probability a swarm seed has a kind of fault at all. */
const SWARM_SHARE = 0.35;

export type FaultCounts = Readonly<Record<Fault, number>>;

export const NO_FAULTS = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as FaultCounts;

/** Which faults strike in a run and how often, drawn from its seed; counts those that did. */
export class FaultPlan {
  private readonly rates = new Map<Fault, number>();
  private readonly counted = new Map<Fault, number>();
  private over = false;

  /** @param without kinds that are left out, for a run that is being made smaller. */
  constructor(profile: Profile, random: SeededRandom, without: ReadonlySet<Fault>) {
    for (const fault of FAULTS) {
      const { manner, low, high } = FAULT_KINDS[fault];
      const isIn = profile !== 'calm' && random.chance(profile === 'brutal' ? 1 : SWARM_SHARE);
      const rate = low * (high / low) ** (profile === 'brutal' ? random.between(0.25, 0.75) : random.fraction());
      const strikes = manner !== 'run' || random.chance(rate);
      if (isIn && strikes && !without.has(fault)) this.rates.set(fault, rate);
    }
  }

  /** The kinds that this run has. */
  get kinds(): Fault[] {
    return [...this.rates.keys()];
  }

  has(fault: Fault): boolean {
    return this.rates.has(fault);
  }

  /** The probability, or how often in a virtual minute; 0 for a kind that this run does not have. */
  rate(fault: Fault): number {
    return this.rates.get(fault) ?? 0;
  }

  /** Whether the fault strikes this time. */
  strikes(fault: Fault, random: SeededRandom): boolean {
    if (this.over || !random.chance(this.rate(fault))) return false;
    this.count(fault);
    return true;
  }

  count(fault: Fault): void {
    this.counted.set(fault, (this.counted.get(fault) ?? 0) + 1);
  }

  /** From now on nothing goes wrong. */
  stop(): void {
    this.over = true;
  }

  get stopped(): boolean {
    return this.over;
  }

  /** How often each kind struck. */
  counts(): FaultCounts {
    return Object.fromEntries(FAULTS.map((fault) => [fault, this.counted.get(fault) ?? 0])) as FaultCounts;
  }
}
