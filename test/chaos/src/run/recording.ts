import type { LogEvent } from '@irqmesh/domain';
import type { ClientCall, ClientTurn, History, Moment, StoredEvent } from '@irqmesh/test-history';
import type { OpenCall, OpenCallback } from '@irqmesh/test-load';
import type { Told } from '../agent/told.ts';

/** Gathers what the agents tell, over all runs of their processes, as one history. */
export class Recording {
  /** By the run of the agent and the id that it gave. */
  private readonly calls = new Map<string, OpenCall>();
  private readonly callbacks = new Map<string, OpenCallback>();
  private readonly turns: ClientTurn[] = [];

  take(incarnation: string, told: Told): void {
    switch (told.told) {
      case 'call':
        this.calls.set(`${incarnation} ${told.call.id}`, told.call);
        break;
      case 'return': {
        const { told: _told, id, ...outcome } = told;
        Object.assign(this.calls.get(`${incarnation} ${id}`)!, outcome);
        break;
      }
      case 'callback':
        this.callbacks.set(`${incarnation} ${told.id}`, told.callback);
        break;
      case 'callback-end': {
        const { told: _told, id, ...outcome } = told;
        Object.assign(this.callbacks.get(`${incarnation} ${id}`)!, outcome);
        break;
      }
      case 'turn':
        this.turns.push(told.turn);
        break;
      default:
    }
  }

  turned(turn: ClientTurn): void {
    this.turns.push(turn);
  }

  /** A call of a run of an agent that has not returned. */
  openCall(incarnation: string): ClientCall | undefined {
    for (const call of this.calls.values()) if (call.agent === incarnation && call.returnedAt === undefined) return call;
    return undefined;
  }

  get callCount(): number {
    return this.calls.size;
  }

  /** The whole history, with the calls numbered over all agents in the order in which they were made. */
  history(log: readonly StoredEvent[]): History {
    const numbers = new Map<string, number>();
    const byTime = [...this.calls].sort(([, a], [, b]) => a.calledAt - b.calledAt);
    for (const [index, [key]] of byTime.entries()) numbers.set(key, index + 1);
    const numberOf = (agent: string, id: number): number => numbers.get(`${agent} ${id}`)!;
    return {
      calls: byTime.map(([, call]) => ({ ...call, id: numberOf(call.agent, call.id), ends: call.ends === undefined ? undefined : numberOf(call.agent, call.ends) })),
      callbacks: [...this.callbacks.values()].map((callback) => ({ ...callback, call: numberOf(callback.agent, callback.call) })),
      turns: [...this.turns].sort((a, b) => a.at - b.at),
      log,
      requestsRepeated: false,
    };
  }
}

/** An event of the log, and the span in which it was stored. */
export function storedEvent(event: LogEvent, storedFrom: Moment, storedAt: Moment | undefined): StoredEvent {
  return { event, storedFrom, storedAt };
}
