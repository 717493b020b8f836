import { emptyTokenState, evolve, formatParticipant, formatResult, isVoid, nextOperation, otherSide, SIDES } from '@irqmesh/domain';
import type { ConnectFailed, LogEvent, PairEvent, Registration, RegistrationRefused, Side, TokenState, UnregisteredEvent } from '@irqmesh/domain';

/** Why a token is, or is not, connected: one sentence, what to do, and the events that show it. */
export interface Explanation {
  readonly token: string;
  readonly connected: boolean;
  /** Names the cause. */
  readonly sentence: string;
  /** What to do about it; empty when nothing is wrong. */
  readonly advice: string;
  /** The evidence, in the order of the log. */
  readonly evidence: readonly LogEvent[];
}

/** A token's events, folded, with those that tell how it came to be as it is. */
interface History {
  readonly state: TokenState;
  readonly byType: (type: LogEvent['body']['type']) => LogEvent | undefined;
  readonly at: (sequence: number) => LogEvent | undefined;
  /** The last pair event that counted. */
  readonly lastPair: LogEvent | undefined;
}

/**
 * Explains a token from its own events, which must be all of them, in the order of the log. Pure: the facts are the
 * fold's, so what is said is what the registries and the matcher know.
 */
export function explain(token: string, events: readonly LogEvent[]): Explanation {
  const history = fold(token, events);
  const { state } = history;
  const text = JSON.stringify(token);
  if (events.length === 0) {
    const advice = 'Compare the token on both sides byte for byte: the host, the boot and the eventfd stand in it.';
    return said(history, `Nothing was ever registered with token ${text}.`, advice);
  }
  if (nextOperation(state) !== undefined) return explainOpen(history, text);
  if (state.connected) return explainConnected(history, text);
  const held = SIDES.filter((side) => state[side] !== undefined);
  if (held.length === 2) return explainUnconnectedPair(history, text);
  return held.length === 1 ? explainOneSided(history, text, held[0]!) : explainEmpty(history, text);
}

function fold(token: string, events: readonly LogEvent[]): History {
  let state = emptyTokenState(token);
  let lastPair: LogEvent | undefined;
  const byType = new Map<string, LogEvent>();
  for (const event of events) {
    if (isPairEvent(event) && !isVoid(state, event.body)) lastPair = event;
    byType.set(event.body.type, event);
    state = evolve(state, event);
  }
  return { state, lastPair, byType: (type) => byType.get(type), at: (sequence) => events.find((event) => event.sequence === sequence) };
}

function isPairEvent(event: LogEvent): event is LogEvent & { body: PairEvent } {
  return ['PairConnected', 'ConnectFailed', 'ConnectAborted', 'PairDisconnected'].includes(event.body.type);
}

function explainConnected(history: History, text: string): Explanation {
  const { producer, consumer } = history.state as { producer: Registration; consumer: Registration };
  const sentence = `Token ${text} is connected: ${describe(producer)} delivers to ${describe(consumer)}, since event ${history.lastPair!.sequence}.`;
  return said(history, sentence, '', [producer.sequence, consumer.sequence, history.lastPair!.sequence]);
}

function explainOpen(history: History, text: string): Explanation {
  const operation = nextOperation(history.state)!;
  const stalled = history.byType('HandshakeStalled');
  const gone = SIDES.filter((side) => operation[side].gone);
  const verb = operation.kind === 'connect' ? 'being connected' : 'being disconnected';
  const evidence = [operation.producer.sequence, operation.consumer.sequence, operation.sequence];
  if (stalled?.body.type === 'HandshakeStalled' && stalled.body.operationSequence === operation.sequence) {
    const { waitingFor, step, openForMs } = stalled.body;
    const sentence = `Token ${text} is ${verb} (operation ${operation.sequence}) and has been open for more than ${openForMs} ms: it waits for ${step} of ${describe(operation[waitingFor])}.`;
    return said(history, sentence, `Look at that callback on host ${operation[waitingFor].participant.host}: it has not returned, or its agent does not answer.`, [...evidence, stalled.sequence]);
  }
  const missing = gone.length > 0 ? `; the ${gone.join(' and the ')} has gone` : '';
  const sentence = `Token ${text} is ${verb} right now (operation ${operation.sequence})${missing}.`;
  return said(history, sentence, 'Ask again in a moment; if it stays so, see that a matcher holds its partition.', evidence);
}

/** Both sides are there and nothing is open: only an aborted connect leaves them so. */
function explainUnconnectedPair(history: History, text: string): Explanation {
  const { producer, consumer } = history.state as { producer: Registration; consumer: Registration };
  const sentence = `Token ${text} has both sides, but their connect was aborted because one of them was going.`;
  return said(history, sentence, 'Register the side that left again.', [producer.sequence, consumer.sequence, ...sequenceOf(history.lastPair)]);
}

function explainOneSided(history: History, text: string, held: Side): Explanation {
  const { state } = history;
  const missing = otherSide(held);
  const holder = state[held]!;
  const there = `Token ${text} has only a ${held}, ${nameOf(holder)}, since event ${holder.sequence}`;
  const failed = failedNewcomer(history, missing);
  if (failed !== undefined) {
    const failing = failed.body.runs.find((run) => run.result !== 0);
    const callback = failing === undefined ? 'a callback' : `${failing.callback} of the ${failing.side}`;
    const sentence = `${there}: the ${missing} was refused because ${callback} returned ${formatResult(failed.body.result)}, and a failed connect is not retried.`;
    return said(history, sentence, `Mend what made that callback fail, then register the ${missing} again.`, [holder.sequence, failed.body.operationSequence, failed.sequence]);
  }
  const left = lastDeparture(history, missing);
  if (left === undefined) {
    const advice = `See that the ${missing} registers with this very token; a token with another host, boot or eventfd is another token.`;
    return said(history, `${there}; no ${missing} ever registered with it.`, advice, [holder.sequence, ...refusalOf(history)]);
  }
  const sentence = `${there}; the ${missing} ${formatParticipant(left.body.participant)} ${departure(left.body)} at event ${left.sequence}.`;
  return said(history, sentence, adviceAfter(left.body), [holder.sequence, left.sequence, ...sequenceOf(history.lastPair), ...refusalOf(history)]);
}

function explainEmpty(history: History, text: string): Explanation {
  const departures = SIDES.map((side) => lastDeparture(history, side)).filter((event) => event !== undefined);
  const last = departures.sort((a, b) => a.sequence - b.sequence).at(-1);
  const refusal = history.byType('RegistrationRefused')?.body as RegistrationRefused | undefined;
  const cause = last === undefined ? '' : `; last, ${formatParticipant(last.body.participant)} ${departure(last.body)} at event ${last.sequence}`;
  const refused = refusal === undefined ? '' : `; ${formatParticipant(refusal.participant)} was refused with ${formatResult(refusal.result)}`;
  const sentence = `Nothing is registered with token ${text} now${cause}${refused}.`;
  return said(history, sentence, 'Register both sides again.', [...departures.map((event) => event.sequence), ...refusalOf(history)]);
}

/** The last connect failed, and this side was its newcomer. */
function failedNewcomer({ lastPair }: History, side: Side): (LogEvent & { body: ConnectFailed }) | undefined {
  return lastPair?.body.type === 'ConnectFailed' && lastPair.body.newcomer === side ? (lastPair as LogEvent & { body: ConnectFailed }) : undefined;
}

function lastDeparture(history: History, side: Side): (LogEvent & { body: UnregisteredEvent }) | undefined {
  const event = history.byType(side === 'producer' ? 'ProducerUnregistered' : 'ConsumerUnregistered');
  return event as (LogEvent & { body: UnregisteredEvent }) | undefined;
}

function departure({ reason, participant }: UnregisteredEvent): string {
  if (reason === 'session_expired') return `was removed because session ${participant.session} of host ${participant.host} expired`;
  return reason === 'disowned' ? 'was removed because its agent no longer knew it' : 'unregistered';
}

function adviceAfter({ reason, participant }: UnregisteredEvent): string {
  if (reason !== 'requested') return `See whether the agent of host ${participant.host} runs and reaches NATS; its new session must register again.`;
  return 'A masked vector looks like this: its producer has moved to another token. Unmask it, or register that side again.';
}

function refusalOf(history: History): number[] {
  return sequenceOf(history.byType('RegistrationRefused'));
}

function sequenceOf(event: LogEvent | undefined): number[] {
  return event === undefined ? [] : [event.sequence];
}

function describe(registration: Registration): string {
  return `${registration.side} ${nameOf(registration)}`;
}

function nameOf({ participant, irq }: Registration): string {
  return `${formatParticipant(participant)}${irq === undefined ? '' : ` (irq ${irq})`}`;
}

function said(history: History, sentence: string, advice: string, sequences: readonly number[] = []): Explanation {
  const evidence = [...new Set(sequences)].sort((a, b) => a - b).map((sequence) => history.at(sequence)).filter((event) => event !== undefined);
  return { token: history.state.token, connected: history.state.connected, sentence, advice, evidence };
}
