import type { CallbackCall } from '../history.ts';
import { isAdd, isDel } from './participant-track.ts';

/** Follows the real stops and starts of one quiesce group of one agent, and says what breaks what it is for. */
export class GroupTrack {
  /** A real stop has been called, and no real start since. */
  halted = false;
  /** Adds and dels of members that halt the group, as far as they may still run. */
  private under: CallbackCall[] = [];

  /**
   * Takes the next callback of a member.
   * @param isHalting whether the member has the group stopped while it is added or deleted.
   * @returns sentences' ends, each of what is wrong with it.
   */
  take(callback: CallbackCall, isHalting: boolean): string[] {
    const { callback: name, calledAt } = callback;
    if (name === 'stop') this.halted = true;
    if (name === 'start') {
      this.halted = false;
      this.under = this.under.filter(({ returnedAt }) => !(returnedAt !== undefined && returnedAt <= calledAt));
      return this.under.map((running) => `while ${running.callback} of ${running.side} ${running.participant} in operation ${running.operationSequence} had not returned`);
    }
    if (!isHalting || !(isAdd(name) || isDel(name))) return [];
    const mistakes = this.halted ? [] : ['while it was not stopped'];
    this.under.push(callback);
    return mistakes;
  }
}
