import { describeCall, describeEvent, describeParticipant } from '../describe.ts';
import type { CallbackCall, Moment, Violation } from '../history.ts';
import { requestKey } from '../indexed-history.ts';
import type { IndexedHistory } from '../indexed-history.ts';
import { isAdd } from '../callbacks/participant-track.ts';
import { checkRuns } from './check-runs.ts';
import { runsOf, SeenCallbacks } from './seen-callbacks.ts';
import type { LogModel } from './log-model.ts';
import type { ModelOperation, ModelRegistration } from './token-model.ts';

/**
 * Checker 2: what clients were answered, and the callbacks that they were given, against the kernel's manager replayed
 * over the log. What the log records of itself is held against the manager by `modelLog`.
 */
export function checkModel(history: IndexedHistory, model: LogModel): Violation[] {
  return [...model.violations, ...checkDoubles(history, model), ...checkResults(history, model), ...checkCallbacksOfOperations(history, model)];
}

/**
 * A participant stands once. Where the network repeats requests, a late copy of a register that had been refused may be
 * stored behind its back: nobody was told of it, and it ends disowned or expired.
 */
function checkDoubles(history: IndexedHistory, { doubles }: LogModel): Violation[] {
  const isCopy = (registration: ModelRegistration): boolean => history.requestsRepeated && registration.expired !== undefined && !history.wasTold(registration);
  return doubles.flatMap(({ earlier, later }) => {
    if (isCopy(earlier) || isCopy(later)) return [];
    const who = describeParticipant(later.host, later.side, later.participant);
    return [violation(`${describeEvent(later.stored.event)}: ${who} was registered already, by event ${earlier.sequence}: this should have been refused with -EINVAL`, later.token, [later.sequence])];
  });
}

/** A register that returned 0 is one that the model registers. */
function checkResults({ calls }: IndexedHistory, { registrations }: LogModel): Violation[] {
  const byRequest = new Map([...registrations.values()].map((registration) => [requestKey(registration), registration]));
  return calls.flatMap((call) => {
    if (call.verb !== 'register' || call.result !== 0 || call.session === undefined || call.requestId === undefined) return [];
    const registration = byRequest.get(requestKey({ host: call.host, session: call.session, requestId: call.requestId }));
    if (registration === undefined || registration.result === 0) return [];
    const found = registration.result === undefined ? 'its connect is still open in the log' : `the log makes it ${registration.result}`;
    return [violation(`${describeCall(call)} returned 0, and ${found}`, call.token, [registration.sequence], call.returnedAt)];
  });
}

/** What the log says was called was called, in that order and with that result; what was added is in the log. */
function checkCallbacksOfOperations(history: IndexedHistory, { tokens }: LogModel): Violation[] {
  const seen = new SeenCallbacks(history.callbacks);
  const operations = new Map<number, ModelOperation>();
  const open = new Set<number>();
  for (const token of tokens.values()) {
    for (const operation of token.operations) operations.set(operation.sequence, operation);
    for (const sequence of token.open) open.add(sequence);
  }
  const violations = [...operations.values()].flatMap((operation) => checkRuns(operation, seen, history.timing));
  for (const callback of history.callbacks) {
    const mistake = checkSeen(callback, history, operations.get(callback.operationSequence), open);
    if (mistake !== undefined) violations.push(violation(mistake, callback.token, [callback.operationSequence], callback.returnedAt ?? callback.calledAt));
  }
  return violations;
}

/** What is wrong with a callback that was seen, by the log's account of its operation. */
function checkSeen(callback: CallbackCall, history: IndexedHistory, operation: ModelOperation | undefined, open: ReadonlySet<number>): string | undefined {
  const { side, callback: name, host, participant, operationSequence, token } = callback;
  const what = `${name} of ${describeParticipant(host, side, participant)} ${token} in operation ${operationSequence}`;
  if (history.call(callback.call)?.supplied?.includes(name) !== true) return `${what} was called, and its registration does not supply it`;
  // One that is open is judged when it is settled; that it is at rest is checker 5's.
  if (operation === undefined) return open.has(operationSequence) ? undefined : `${what} was called, and the log has no such operation that calls anything`;
  const registration = operation[side];
  if (registration.host !== host || registration.participant !== participant) return `${what} was called, and the operation's ${side} is ${describeParticipant(registration.host, side, registration.participant)}`;
  if (!isAdd(name) || runsOf(operation).some((run) => run.side === side && run.callback === name)) return undefined;
  const { event } = operation.settledBy;
  // What a side that was gone had run by then nobody can tell any more.
  if (event.body.type === 'ConnectAborted' && event.body.gone.includes(side)) return undefined;
  return `${what} was called, and ${describeEvent(event)} does not record it`;
}

function violation(sentence: string, token: string, sequences: readonly number[], at?: Moment): Violation {
  return { checker: 'model', sentence, token, sequences, at };
}
