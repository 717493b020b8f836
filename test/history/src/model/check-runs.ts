import type { CallbackRun } from '@irqmesh/domain';
import { isAdd } from '../callbacks/participant-track.ts';
import { describeEvent, describeParticipant } from '../describe.ts';
import { msBetween } from '../history.ts';
import type { CallbackCall, Timing, Violation } from '../history.ts';
import { runsOf } from './seen-callbacks.ts';
import type { SeenCallbacks } from './seen-callbacks.ts';
import type { ModelOperation } from './token-model.ts';

const ETIMEDOUT = -110;

/** A callback that an operation's outcome records, and the call of it that was seen. */
interface Step {
  readonly run: CallbackRun;
  readonly call: CallbackCall;
}

/** Each callback that the outcome of an operation records was called, came to that result in time, and in that order. */
export function checkRuns(operation: ModelOperation, seen: SeenCallbacks, timing: Timing | undefined): Violation[] {
  const mistakes: string[] = [];
  const steps: Step[] = [];
  for (const run of runsOf(operation)) {
    const { group } = operation[run.side];
    // One real stop or start stands for those of a whole group.
    if (run.skipped || (group !== undefined && (run.callback === 'stop' || run.callback === 'start'))) continue;
    const found = seen.ofStep(operation, run);
    const call = found.find(({ result }) => result === run.result) ?? (run.result === ETIMEDOUT ? found[0] : undefined);
    if (call === undefined) mistakes.push(`result ${run.result} of ${whose(operation, run)}, and ${insteadOf(found)}`);
    else steps.push({ run, call });
  }
  for (const step of steps) mistakes.push(...durationMistakes(operation, step, timing), ...lateAddMistakes(operation, step, seen));
  mistakes.push(...orderMistakes(operation, steps));
  const { event } = operation.settledBy;
  return mistakes.map((mistake) => ({ checker: 'model', sentence: `${describeEvent(event)} records ${mistake}`, token: event.token, sequences: [event.sequence] }));
}

function whose(operation: ModelOperation, { side, callback }: CallbackRun): string {
  const { host, participant } = operation[side];
  return `${callback} of ${describeParticipant(host, side, participant)}`;
}

function insteadOf(found: readonly CallbackCall[]): string {
  return found.length === 0 ? 'it was never called' : `it returned ${found.map(({ result }) => result ?? 'nothing').join(' and ')}`;
}

/** A callback that overran its deadline is recorded as -110, and no other is; one is recorded when it has returned. */
function durationMistakes(operation: ModelOperation, { run, call }: Step, timing: Timing | undefined): string[] {
  const { returnedAt } = call;
  const { storedAt } = operation.settledBy;
  const mistakes: string[] = [];
  const isOverrun = run.result === ETIMEDOUT && call.result !== ETIMEDOUT;
  if (!isOverrun && storedAt !== undefined && (returnedAt ?? Infinity) > storedAt) mistakes.push(`result ${run.result} of ${whose(operation, run)}, which had not returned`);
  if (timing === undefined) return mistakes;
  const { deadlineMs } = operation[run.side];
  const tookMs = returnedAt === undefined ? Infinity : msBetween(call.calledAt, returnedAt);
  if (run.result !== ETIMEDOUT && tookMs > deadlineMs + timing.slackMs) mistakes.push(`result ${run.result} of ${whose(operation, run)}, which took ${Math.round(tookMs)} ms, longer than its deadline of ${deadlineMs} ms`);
  if (isOverrun && tookMs < deadlineMs - timing.slackMs) mistakes.push(`result -110 of ${whose(operation, run)}, which took ${Math.round(tookMs)} ms of the ${deadlineMs} ms that it had`);
  return mistakes;
}

/** An add that was answered -110 and succeeded after all is undone before anything else of its participant is called. */
function lateAddMistakes(operation: ModelOperation, { run, call }: Step, seen: SeenCallbacks): string[] {
  const del = run.side === 'producer' ? 'del_consumer' : 'del_producer';
  if (!isAdd(run.callback) || run.result !== ETIMEDOUT || call.result !== 0 || !operation[run.side].callbacks.includes(del)) return [];
  const next = seen.next(call);
  if (next === undefined || (next.callback === del && next.operationSequence === operation.sequence)) return [];
  return [`result -110 of ${whose(operation, run)}, which succeeded later, and the next that was called of it is ${next.callback} of operation ${next.operationSequence}`];
}

/** The callbacks ran one after the other in the order in which they are recorded, over both sides. */
function orderMistakes(operation: ModelOperation, steps: readonly Step[]): string[] {
  // An abort records the sides one after the other, and what undoes the one may run beside what still runs of the other.
  if (operation.settledBy.event.body.type === 'ConnectAborted') return [];
  return steps.flatMap((step, index) => {
    const previous = steps[index - 1];
    if (previous === undefined) return [];
    // One that was answered -110 may run on while the other side's go ahead.
    const endedAt = previous.run.result === ETIMEDOUT ? previous.call.calledAt : (previous.call.returnedAt ?? Infinity);
    if (endedAt <= step.call.calledAt) return [];
    return [`${whose(operation, previous.run)} before ${whose(operation, step.run)}, and the one had not returned when the other was called`];
  });
}
