import type { Profile } from '../faults/fault-plan.ts';

/** A seed that found something, and what it was. */
export interface Regression {
  readonly seed: number;
  readonly profile: Profile;
  readonly cause: string;
}

/**
 * Seeds that found something, kept so that it stays found. A change of the simulated world moves what a seed does; the
 * unit tests beside the mended code are what holds the cause itself.
 */
export const REGRESSIONS: readonly Regression[] = [
  { seed: 323, profile: 'swarm', cause: 'A matcher whose lease had lapsed and was renewed told nobody that it was back, and its partition stood still.' },
  { seed: 364, profile: 'swarm', cause: 'A missed removal of another matcher kept a partition from ever being taken over.' },
  { seed: 1289, profile: 'swarm', cause: 'A drive that was stopped in the middle of its append kept its operation from being driven when the lease came back.' },
  { seed: 162, profile: 'swarm', cause: 'A matcher whose append met a conflict while its fold lagged appended a second outcome of the same operation.' },
  { seed: 29, profile: 'swarm', cause: 'A late copy of a refused register was appended, and a registry told the participant that it was registered already.' },
  { seed: 596, profile: 'swarm', cause: 'A late copy of a register was appended again after its participant had registered and unregistered anew.' },
  { seed: 305, profile: 'swarm', cause: 'A callback that hung kept every other registration of its host from being restored under the next session.' },
  { seed: 1602, profile: 'swarm', cause: 'A late copy of a register was stored just after a newer one on another token and hid it: the unregister of the newer one did nothing.' },
  { seed: 361, profile: 'swarm', cause: 'A register that its caller had given up was forgotten while its append was still on its way, and was stored behind a newer one.' },
];
