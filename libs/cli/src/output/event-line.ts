import { formatResult } from '@irqmesh/domain';
import type { CallbackRun, LogEvent, RegisteredEvent, RegistrationRefused, UnregisteredEvent } from '@irqmesh/domain';
import { formatDuration } from './duration.ts';
import { VERBS } from './event-verbs.ts';
import { harmless, nameOnToken, printable } from './printable.ts';

export interface EventLineOptions {
  /** `clock`: the writer's time of day in front, in this machine's time zone. */
  readonly time: 'clock' | 'none';
  /** The event counts for nothing, since it came after the decision (see `isVoid` in the domain). */
  readonly isVoid?: boolean;
}

const VERB_WIDTH = Math.max(...Object.values(VERBS).map((verb) => verb.length));

/** Callbacks that quiesce take no part in a result, unless they fail or take this long. */
const REMARKABLE_US = 10_000;

/**
 * An event in one line, in the kernel's words: `#42 connected    host-a/boot-1/eventfd-33 #40+#42: add_producer 0 (12 µs)`,
 * where #40 and #42 are the producer's and the consumer's registration.
 */
export function eventLine(event: LogEvent, { time, isVoid = false }: EventLineOptions): string {
  const clock = time === 'clock' ? `${formatClock(event.timeMs)} ` : '';
  const remark = isVoid ? ' (void: it was decided before)' : '';
  return `${clock}#${event.sequence} ${VERBS[event.body.type].padEnd(VERB_WIDTH)} ${printable(event.token)} ${details(event)}${remark}`;
}

function details({ token, body }: LogEvent): string {
  switch (body.type) {
    case 'ProducerRegistered':
    case 'ConsumerRegistered':
      return registered(body, token);
    case 'ProducerUnregistered':
    case 'ConsumerUnregistered':
      return unregistered(body, token);
    case 'PairConnected':
    case 'PairDisconnected':
      return `${pairOf(body)}: ${runsText(body.runs)}`;
    case 'ConnectFailed':
      return `${pairOf(body)}: ${body.newcomer} refused with ${formatResult(body.result)}: ${runsText(body.runs)}`;
    case 'ConnectAborted':
      return `${pairOf(body)}: ${body.gone.join(' and ')} gone: ${runsText(body.runs)}`;
    case 'HandshakeStalled':
      return `operation #${body.operationSequence} waits for the ${body.waitingFor}, ${harmless(body.step)}, for ${formatDuration(body.openForMs * 1000)}`;
    case 'RegistrationRefused':
      return refused(body, token);
  }
}

function registered(body: RegisteredEvent, token: string): string {
  const irq = body.type === 'ProducerRegistered' ? ` irq ${body.irq}` : '';
  return `${sideOf(body)} ${nameOnToken(body.participant, token)}${irq}`;
}

function unregistered(body: UnregisteredEvent, token: string): string {
  const who = `${sideOf(body)} ${nameOnToken(body.participant, token)} (#${body.registrationSequence})`;
  if (body.reason === 'session_expired') return `${who}: session ${body.participant.session} expired`;
  return body.reason === 'disowned' ? `${who}: disowned by its agent` : who;
}

function refused(body: RegistrationRefused, token: string): string {
  const holder = body.holderSequence === undefined ? '' : `, held by #${body.holderSequence}`;
  const repeats = body.count === 1 ? '' : `, ${body.count} times`;
  return `${body.side} ${nameOnToken(body.participant, token)}: ${formatResult(body.result)}${holder}${repeats}`;
}

function sideOf({ type }: RegisteredEvent | UnregisteredEvent): string {
  return type === 'ProducerRegistered' || type === 'ProducerUnregistered' ? 'producer' : 'consumer';
}

function pairOf(body: { readonly producerSequence: number; readonly consumerSequence: number }): string {
  return `#${body.producerSequence}+#${body.consumerSequence}`;
}

function runsText(runs: readonly CallbackRun[]): string {
  return runs.length === 0 ? 'no callback ran' : runs.map(formatRun).join(', ');
}

/** `add_producer 0 (12 µs)`, `del_consumer skipped`; `P.stop` and `C.start`, since both sides have these. */
export function formatRun({ side, callback, result, durationUs, skipped }: CallbackRun): string {
  const quiesces = callback === 'stop' || callback === 'start';
  const name = quiesces ? `${side === 'producer' ? 'P' : 'C'}.${callback}` : callback;
  if (skipped) return `${name} skipped`;
  if (quiesces && result === 0 && durationUs < REMARKABLE_US) return name;
  return `${name} ${formatResult(result)} (${formatDuration(durationUs)})`;
}

/** `12:00:01.123` in this machine's time zone. @param timeMs milliseconds since 1970 */
export function formatClock(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
