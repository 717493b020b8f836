import type { Callback } from '@irqmesh/domain';
import type { CallbackCall, ClientCall } from '../history.ts';

const ADDS: readonly Callback[] = ['add_consumer', 'add_producer'];
const DELS: readonly Callback[] = ['del_consumer', 'del_producer'];

export function isAdd(callback: Callback): boolean {
  return ADDS.includes(callback);
}

export function isDel(callback: Callback): boolean {
  return DELS.includes(callback);
}

/** What was called in one operation so far. */
interface OperationTrack {
  readonly counts: Map<Callback, number>;
  /** An add of it succeeded. */
  added: boolean;
}

/** Follows one registration's callbacks in the order in which they were called, and says what breaks the contract. */
export class ParticipantTrack {
  /** An add has succeeded that no del has undone. */
  added = false;
  /** A stop has been called that no start has followed. */
  stopped = false;
  /** The newest callback, which may still run. */
  last: CallbackCall | undefined;
  private readonly register: ClientCall;
  private newestOperation = 0;
  private readonly operations = new Map<number, OperationTrack>();

  constructor(register: ClientCall) {
    this.register = register;
  }

  /** Takes the next callback. @returns sentences' ends, each of what is wrong with it. */
  take(call: CallbackCall): string[] {
    const { last } = this;
    const mistakes = [...this.orderMistakes(call, last), ...this.pairingMistakes(call), ...this.repeatMistakes(call)];
    this.note(call);
    return mistakes;
  }

  private orderMistakes({ callback, calledAt, operationSequence }: CallbackCall, last: CallbackCall | undefined): string[] {
    const mistakes: string[] = [];
    if (last !== undefined && !(last.returnedAt !== undefined && last.returnedAt <= calledAt)) mistakes.push(`while ${last.callback} of operation ${last.operationSequence} had not returned`);
    if (operationSequence < this.newestOperation && !this.isShared(callback)) mistakes.push(`after a callback of operation ${this.newestOperation}, which is newer`);
    return mistakes;
  }

  private pairingMistakes({ callback }: CallbackCall): string[] {
    const { added, stopped, supplied } = this;
    const mistakes: string[] = [];
    if (callback === 'start' && supplied('stop') && !stopped) mistakes.push('without a stop before it');
    if (callback === 'stop' && supplied('start') && stopped && !this.isShared('stop')) mistakes.push('a second time without a start between');
    if (isAdd(callback) && added) mistakes.push('although it was added already');
    // The kernel calls del_consumer of a producer without add_consumer too.
    if (isDel(callback) && !added && ADDS.some(supplied)) mistakes.push('without a successful add before it');
    if ((isAdd(callback) || isDel(callback)) && supplied('stop') && !stopped && !this.isShared('stop')) mistakes.push('without a stop before it');
    return mistakes;
  }

  /** Each step runs once; an undoing may stop again what was started, and start it again. */
  private repeatMistakes({ callback, operationSequence }: CallbackCall): string[] {
    const operation = this.operations.get(operationSequence);
    const count = operation?.counts.get(callback) ?? 0;
    if (operation === undefined || count === 0 || this.isShared(callback)) return [];
    const isUndoing = (callback === 'stop' && operation.added) || (callback === 'start' && DELS.some((del) => operation.counts.has(del)));
    return count === 1 && isUndoing ? [] : [`${count === 1 ? 'twice' : `${count + 1} times`} for one operation`];
  }

  private note(call: CallbackCall): void {
    const { callback, operationSequence, result } = call;
    const operation = this.operations.get(operationSequence) ?? { counts: new Map(), added: false };
    this.operations.set(operationSequence, operation);
    operation.counts.set(callback, (operation.counts.get(callback) ?? 0) + 1);
    if (callback === 'stop') this.stopped = true;
    if (callback === 'start') this.stopped = false;
    if (isAdd(callback) && result === 0) this.added = operation.added = this.supplied(callback === 'add_consumer' ? 'del_consumer' : 'del_producer');
    if (isDel(callback)) this.added = false;
    this.newestOperation = Math.max(this.newestOperation, operationSequence);
    this.last = call;
  }

  /** A group has one stop and start for all of its members: which member runs them, and when, the others decide too. */
  private isShared(callback: Callback): boolean {
    return this.register.group !== undefined && (callback === 'stop' || callback === 'start');
  }

  private readonly supplied = (callback: Callback): boolean => this.register.supplied?.includes(callback) === true;
}
