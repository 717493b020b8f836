import { CALLBACKS } from '@irqmesh/domain';
import type { Callback, Side } from '@irqmesh/domain';
import type { ManualClock } from '@irqmesh/domain/testing';
import type { InvokeItemMessage } from '@irqmesh/protocol';
import type { CallbackTable, Peer } from '../src/agent/callback-call.ts';
import type { CallbackFault, Holding } from '../src/agent/participant-agent.ts';
import { SessionAgent } from '../src/agent/session-agent.ts';

export const HOST = 'host-a';
export const SESSION = 's1';
export const DEADLINE_MS = 5_000;
export const PATIENCE_MS = 100;

/** What a scripted callback does: its result, or how long it takes and then its result, or a throw. */
export type Script = number | { readonly takesMs: number; readonly result?: number } | Error;

/** Callbacks that write down what is called, in order, and do as scripted; each script line is used once. */
export class CallLog {
  /** `id callback`, when called; `id callback returned`, for those that took time. */
  readonly lines: string[] = [];
  readonly peers: Peer[] = [];
  private readonly clock: ManualClock;
  private readonly scripts = new Map<string, Script[]>();

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  script(id: string, callback: Callback, ...lines: Script[]): void {
    this.scripts.set(`${id} ${callback}`, lines);
  }

  table(id: string, callbacks: readonly Callback[]): CallbackTable {
    return Object.fromEntries(callbacks.map((name) => [name, (peer: Peer) => this.called(`${id} ${name}`, peer)]));
  }

  /** The lines since the last call of this. */
  take(): string[] {
    return this.lines.splice(0);
  }

  private called(line: string, peer: Peer): number | Promise<number> {
    this.lines.push(line);
    this.peers.push(peer);
    const script = this.scripts.get(line)?.shift() ?? 0;
    if (typeof script === 'number') return script;
    if (script instanceof Error) throw script;
    return new Promise((resolve) => {
      this.clock.after(script.takesMs, () => {
        this.lines.push(`${line} returned`);
        resolve(script.result ?? 0);
      });
    });
  }
}

export interface HoldingOptions {
  readonly id?: string;
  readonly requestId?: string;
  readonly callbacks?: readonly Callback[];
  readonly quiesceGroup?: string;
}

export function holding(log: CallLog, side: Side, { id = side === 'producer' ? 'P' : 'C', requestId, callbacks = CALLBACKS[side], quiesceGroup }: HoldingOptions = {}): Holding {
  return {
    side,
    participant: { host: HOST, session: SESSION, id },
    token: 'token',
    requestId: requestId ?? `register-${id}`,
    callbacks: log.table(id, callbacks),
    deadlineMs: DEADLINE_MS,
    quiesceGroup,
  };
}

/** The steps of an operation for a holding; the other side is a participant of host-b. */
export function steps({ side, participant, requestId, token }: Holding, operationSequence: number, callbacks: readonly Callback[]): InvokeItemMessage {
  const peer = { participant: { host: 'host-b', session: 's2', id: 'peer' }, registrationSequence: 1, ...(side === 'consumer' ? { irq: 32 } : {}) };
  return { side, token, participant, registrationSequence: 2, registrationRequestId: requestId, operationSequence, steps: callbacks, rollback: false, peer };
}

export function rollback(held: Holding, operationSequence: number): InvokeItemMessage {
  return { ...steps(held, operationSequence, []), rollback: true };
}

/** An agent whose lease is what `lease.held` says. */
export function sessionAgent(clock: ManualClock): { readonly agent: SessionAgent; readonly lease: { held: boolean }; readonly faults: CallbackFault[] } {
  const lease = { held: true };
  const faults: CallbackFault[] = [];
  const agent = new SessionAgent({
    host: HOST,
    session: SESSION,
    clock,
    mayRun: () => lease.held,
    onFault: (fault) => faults.push(fault),
    patienceMs: PATIENCE_MS,
  });
  return { agent, lease, faults };
}
