import type { CallbackRun } from '@irqmesh/domain';
import { describeCall, describeEvent, describeParticipant } from '../describe.ts';
import type { CallbackCall, ClientCall, History, Violation } from '../history.ts';
import type { LogModel } from './log-model.ts';
import type { ModelOperation, ModelRegistration } from './token-model.ts';

const ETIMEDOUT = -110;

/**
 * Checker 2: what clients were answered, and the callbacks that they were given, against the kernel's manager replayed
 * over the log. What the log records of itself is held against the manager by `modelLog`.
 */
export function checkModel(history: History, model: LogModel): Violation[] {
  return [...model.violations, ...checkResults(history, model), ...checkCallbacksOfOperations(history, model)];
}

/** A register that returned 0 is one that the model registers. */
function checkResults({ calls }: History, { registrations }: LogModel): Violation[] {
  const byRequest = new Map([...registrations.values()].map((registration) => [requestKey(registration), registration]));
  return calls.flatMap((call) => {
    if (call.verb !== 'register' || call.result !== 0 || call.session === undefined || call.requestId === undefined) return [];
    const registration = byRequest.get(requestKey({ host: call.host, session: call.session, requestId: call.requestId }));
    if (registration === undefined || registration.result === 0) return [];
    const found = registration.result === undefined ? 'its connect is still open in the log' : `the log makes it ${registration.result}`;
    return [{ checker: 'model', sentence: `${describeCall(call)} returned 0, and ${found}`, token: call.token, sequences: [registration.sequence] } satisfies Violation];
  });
}

function requestKey({ host, session, requestId }: { readonly host: string; readonly session: string; readonly requestId: string }): string {
  return `${host} ${session} ${requestId}`;
}

/** What the log says was called was called, with that result; what was added is in the log. */
function checkCallbacksOfOperations({ calls, callbacks }: History, { tokens }: LogModel): Violation[] {
  const seen = new Map<string, CallbackCall[]>();
  for (const callback of callbacks) {
    const key = stepKey(callback.operationSequence, callback);
    seen.set(key, [...(seen.get(key) ?? []), callback]);
  }
  const violations: Violation[] = [];
  const registering = new Map<number, ClientCall>(calls.map((call) => [call.id, call]));
  const operations = new Map<number, ModelOperation>([...tokens.values()].flatMap((token) => token.operations.map((operation) => [operation.sequence, operation] as const)));
  for (const operation of operations.values()) {
    for (const run of runsOf(operation)) violations.push(...checkRun(operation, run, seen));
  }
  for (const callback of callbacks) {
    const mistake = checkSeen(callback, registering.get(callback.call), operations.get(callback.operationSequence));
    if (mistake !== undefined) violations.push({ checker: 'model', sentence: mistake, token: callback.token, sequences: [callback.operationSequence] });
  }
  return violations;
}

function checkRun(operation: ModelOperation, run: CallbackRun, seen: ReadonlyMap<string, readonly CallbackCall[]>): Violation[] {
  const registration = operation[run.side];
  // One real stop or start stands for those of a whole group.
  if (run.skipped || (registration.group !== undefined && (run.callback === 'stop' || run.callback === 'start'))) return [];
  const found = seen.get(stepKey(operation.sequence, { ...registration, callback: run.callback })) ?? [];
  if (found.some(({ result }) => result === run.result) || (run.result === ETIMEDOUT && found.length > 0)) return [];
  const who = describeParticipant(registration.host, registration.side, registration.participant);
  const instead = found.length === 0 ? 'it was never called' : `it returned ${found.map(({ result }) => result ?? 'nothing').join(' and ')}`;
  return [{
    checker: 'model',
    sentence: `${describeEvent(operation.settledBy)} records ${run.callback} of ${who} with result ${run.result}, and ${instead}`,
    token: registration.token,
    sequences: [operation.settledBy.sequence],
  }];
}

/** What is wrong with a callback that was seen, by the log's account of its operation. */
function checkSeen(callback: CallbackCall, call: ClientCall | undefined, operation: ModelOperation | undefined): string | undefined {
  const { side, callback: name, host, participant, operationSequence, token } = callback;
  const what = `${name} of ${describeParticipant(host, side, participant)} ${token} in operation ${operationSequence}`;
  if (call?.supplied?.includes(name) !== true) return `${what} was called, and its registration does not supply it`;
  if (operation === undefined) return undefined;
  const registration = operation[side];
  if (registration.host !== host || registration.participant !== participant) return `${what} was called, and the operation's ${side} is ${describeParticipant(registration.host, side, registration.participant)}`;
  const isAdd = name === 'add_consumer' || name === 'add_producer';
  const { body } = operation.settledBy;
  if (!isAdd || body.type === 'ConnectAborted' || runsOf(operation).some((run) => run.side === side && run.callback === name)) return undefined;
  return `${what} was called, and ${describeEvent(operation.settledBy)} does not record it`;
}

function runsOf({ settledBy: { body } }: ModelOperation): readonly CallbackRun[] {
  return 'runs' in body ? body.runs : [];
}

function stepKey(operationSequence: number, { host, side, participant, callback }: Pick<ModelRegistration, 'host' | 'side' | 'participant'> & Pick<CallbackRun, 'callback'>): string {
  return `${operationSequence} ${side} ${host} ${participant} ${callback}`;
}
