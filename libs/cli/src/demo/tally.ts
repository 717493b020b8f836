import { isVoid } from '@irqmesh/domain';
import type { EventBody, LogEvent, TokenState, UnregisterReason } from '@irqmesh/domain';

/** What happened in the log, counted. */
export interface Counts {
  events: number;
  connected: number;
  connectsFailed: number;
  connectsAborted: number;
  /** Pairs that were disconnected, by why the side that left did so. */
  readonly disconnected: Record<UnregisterReason, number>;
  /** Registrations that were refused or removed by a failed connect, by result. */
  readonly refused: Map<number, number>;
}

/** Rates are over the last two seconds. */
const SLOT_MS = 100;
const SLOTS = 20;
const OPEN_REASONS_MAX = 65_536;

/** Counts the events of a run. */
export class Tally {
  readonly counts: Counts = {
    events: 0,
    connected: 0,
    connectsFailed: 0,
    connectsAborted: 0,
    disconnected: { requested: 0, session_expired: 0, disowned: 0 },
    refused: new Map(),
  };
  /** Why a side unregisters, until the disconnect that it causes is in the log. */
  private readonly reasons = new Map<number, UnregisterReason>();
  private readonly eventTimes = new RecentTimes();
  private readonly connectTimes = new RecentTimes();

  /** @param before the token's state before the event: a pair event that is void there does not count */
  add({ sequence, body }: LogEvent, before: TokenState, nowMs: number): void {
    this.counts.events += 1;
    this.eventTimes.add(nowMs);
    if (isPairEvent(body) && isVoid(before, body)) return;
    this.count(sequence, body, nowMs);
  }

  /** Events and connects a second, over the last two seconds. */
  rates(nowMs: number): { readonly events: number; readonly connects: number } {
    return { events: this.eventTimes.perSecond(nowMs), connects: this.connectTimes.perSecond(nowMs) };
  }

  private count(sequence: number, body: EventBody, nowMs: number): void {
    const { counts } = this;
    switch (body.type) {
      case 'ProducerUnregistered':
      case 'ConsumerUnregistered':
        if (this.reasons.size < OPEN_REASONS_MAX) this.reasons.set(sequence, body.reason);
        break;
      case 'PairConnected':
        counts.connected += 1;
        this.connectTimes.add(nowMs);
        break;
      case 'PairDisconnected':
        counts.disconnected[this.reasons.get(body.operationSequence) ?? 'requested'] += 1;
        this.reasons.delete(body.operationSequence);
        break;
      case 'ConnectFailed':
        counts.connectsFailed += 1;
        this.refuse(body.result, 1);
        break;
      case 'ConnectAborted':
        counts.connectsAborted += 1;
        break;
      case 'RegistrationRefused':
        this.refuse(body.result, body.count);
        break;
      default:
    }
  }

  private refuse(result: number, count: number): void {
    this.counts.refused.set(result, (this.counts.refused.get(result) ?? 0) + count);
  }
}

/** How many things happened in each of the last slots of time; bounded, however much happens. */
class RecentTimes {
  private readonly slots = new Map<number, number>();

  add(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    this.slots.set(slot, (this.slots.get(slot) ?? 0) + 1);
    for (const old of this.slots.keys()) if (old <= slot - SLOTS) this.slots.delete(old);
  }

  perSecond(nowMs: number): number {
    const now = Math.floor(nowMs / SLOT_MS);
    let count = 0;
    for (const [slot, times] of this.slots) if (slot > now - SLOTS) count += times;
    return Math.round((count * 1000) / (SLOTS * SLOT_MS));
  }
}

function isPairEvent(body: EventBody): body is Extract<EventBody, { operationSequence: number; runs: unknown }> {
  return 'operationSequence' in body && 'runs' in body;
}
