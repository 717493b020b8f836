import type { CallbackCall } from '../history.ts';

/** Follows the real stops and starts of one quiesce group of one agent. */
export class GroupTrack {
  /** A real stop has been called, and no real start since. */
  halted = false;

  take({ callback }: CallbackCall): void {
    if (callback === 'stop') this.halted = true;
    if (callback === 'start') this.halted = false;
  }
}
