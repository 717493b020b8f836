import { CALLBACKS, callbackSet } from './callbacks.ts';
import type { Callback, CallbackRun } from './callbacks.ts';
import { decideRegister, decideUnregister } from './decide.ts';
import type { Decision, RegisterCommand } from './decide.ts';
import type { EventBody, LogEvent } from './event.ts';
import { Fold } from './fold.ts';
import type { PairOperation } from './operation.ts';
import { otherSide } from './participant.ts';
import type { Side } from './participant.ts';
import { NO_PROGRESS, plan, withReply } from './plan.ts';
import type { Call } from './plan.ts';
import { parseToken } from './token.ts';
import { nextOperation } from './token-state.ts';

/** A callback's peer, and its result: nothing counts as 0. */
export type LocalCallback<Peer> = (peer: Peer) => number | void;

/** `struct irq_bypass_producer`: the caller's object; `irq` is what its last registration recorded. */
export interface LocalProducer {
  readonly id: string;
  irq?: number;
  readonly stop?: LocalCallback<LocalConsumer>;
  readonly start?: LocalCallback<LocalConsumer>;
  readonly add_consumer?: LocalCallback<LocalConsumer>;
  readonly del_consumer?: LocalCallback<LocalConsumer>;
}

/** `struct irq_bypass_consumer`: the caller's object. */
export interface LocalConsumer {
  readonly id: string;
  readonly stop?: LocalCallback<LocalProducer>;
  readonly start?: LocalCallback<LocalProducer>;
  readonly add_producer?: LocalCallback<LocalProducer>;
  readonly del_producer?: LocalCallback<LocalProducer>;
}

type Local = LocalProducer | LocalConsumer;

/**
 * The kernel's manager in one process: decide, evolve and plan with nothing between them, callbacks called directly.
 * It is what conformance runs against the golden traces, and the shortest complete use of this library.
 */
export class IrqBypassManager {
  /** Whether the next insertion into the index finds room: the kernel's allocation can fail. */
  hasRoom = true;
  readonly fold = new Fold();
  /** Told of each event as it is decided. */
  onEvent: (event: LogEvent) => void = () => {};
  private readonly known: Record<Side, Map<string, Local>> = { producer: new Map(), consumer: new Map() };
  private requests = 0;

  /**
   * `irq_bypass_register_producer`: 0, or -EINVAL, -EBUSY, -ENOMEM, or what a failing callback returned.
   * @throws IrqBypassError -EINVAL for a token that is none.
   */
  registerProducer(producer: LocalProducer, token: string, irq: number): number {
    const command = this.command('producer', producer, token, irq);
    const decision = decideRegister(this.fold, command, this.hasRoom);
    // The kernel records the irq right after its check for a double registration, whatever happens later.
    if (!(decision.kind === 'answer' && decision.warning)) producer.irq = irq;
    return this.carryOutRegister('producer', producer, token, decision);
  }

  /** `irq_bypass_register_consumer`: as for producers; -EINVAL too without add_producer or del_producer. */
  registerConsumer(consumer: LocalConsumer, token: string): number {
    const command = this.command('consumer', consumer, token);
    return this.carryOutRegister('consumer', consumer, token, decideRegister(this.fold, command, this.hasRoom));
  }

  /** `irq_bypass_unregister_producer`: nothing happens if it is not registered. */
  unregisterProducer(producer: LocalProducer): void {
    this.unregister('producer', producer);
  }

  /** `irq_bypass_unregister_consumer`: nothing happens if it is not registered. */
  unregisterConsumer(consumer: LocalConsumer): void {
    this.unregister('consumer', consumer);
  }

  private command(side: Side, local: Local, token: string, irq?: number): RegisterCommand {
    const supplied = CALLBACKS[side].filter((name) => callbackOf(local, name) !== undefined);
    return {
      side,
      participant: participantOf(local),
      token: parseToken(token),
      irq,
      callbacks: callbackSet(side, supplied),
      deadlineMs: 0,
      requestId: this.nextRequestId(),
    };
  }

  private carryOutRegister(side: Side, local: Local, token: string, decision: Decision): number {
    if (decision.kind === 'answer') return decision.result;
    if (decision.kind !== 'append') throw new Error(`a new request in an empty queue was answered with "${decision.kind}"`);
    this.known[side].set(local.id, local);
    this.append(token, decision.body);
    this.drive(token);
    return this.fold.participant(side, participantOf(local))!.register.result!;
  }

  private unregister(side: Side, local: Local): void {
    const register = this.fold.participant(side, participantOf(local))?.register;
    if (register === undefined) return;
    const decision = decideUnregister(this.fold, {
      side,
      participant: participantOf(local),
      token: register.token,
      registrationRequestId: register.requestId,
      requestId: this.nextRequestId(),
    });
    if (decision.kind !== 'append') return;
    this.append(register.token, decision.body);
    this.drive(register.token);
  }

  private append(token: string, body: EventBody): void {
    const sequence = this.fold.position + 1;
    const event: LogEvent = { sequence, id: String(sequence), token, timeMs: 0, source: 'local', body };
    this.fold.apply(event);
    this.onEvent(event);
  }

  /** Runs the token's open operation to its outcome. */
  private drive(token: string): void {
    const operation = nextOperation(this.fold.token(token));
    if (operation === undefined) return;
    let progress = NO_PROGRESS;
    for (;;) {
      const next = plan(operation, progress);
      if ('outcome' in next) return this.append(token, next.outcome);
      progress = withReply(progress, next.call, this.call(operation, next.call));
    }
  }

  private call(operation: PairOperation, call: Call): CallbackRun[] {
    if (call.kind === 'rollback') throw new Error('nobody can be gone in one process');
    const { side, steps } = call;
    const peer = this.known[otherSide(side)].get(operation[otherSide(side)].participant.id)!;
    const local = this.known[side].get(operation[side].participant.id)!;
    const runs: CallbackRun[] = [];
    for (const callback of steps) {
      const result = Number(callbackOf(local, callback)?.(peer) ?? 0);
      runs.push({ side, callback, result, durationUs: 0, skipped: false });
      if (result !== 0) break;
    }
    return runs;
  }

  private nextRequestId(): string {
    return String(++this.requests);
  }
}

function participantOf(local: Local) {
  return { host: 'local', session: 'local', id: local.id };
}

/** The callback by its kernel name; the two structs have different ones, which `CALLBACKS` keeps apart. */
function callbackOf(local: Local, name: Callback): ((peer: Local) => number | void) | undefined {
  const callback = (local as Readonly<Partial<Record<Callback, (peer: Local) => number | void>>>)[name];
  return callback?.bind(local);
}
