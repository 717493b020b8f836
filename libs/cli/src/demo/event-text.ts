import { formatResult } from '@irqmesh/domain';
import type { CallbackRun, LogEvent, Participant, RegistrationRefused, UnregisterReason } from '@irqmesh/domain';
import type { VectorPlace } from './vectors.ts';

/** What an event is about, for colours and columns. */
export type EventTone = 'plain' | 'good' | 'bad' | 'quiet';

/** An event as one line, in the kernel's words. */
export interface EventLine {
  readonly sequence: number;
  readonly timeMs: number;
  /** `host-a 0000:41:00.0[3]`, or the token where it is none of the demo's vectors. */
  readonly place: string;
  readonly text: string;
  readonly tone: EventTone;
}

/** @param place the vector whose eventfd the token is, if it is one of this demo's */
export function eventLine({ sequence, timeMs, token, body }: LogEvent, place: VectorPlace | undefined): EventLine {
  const eventfd = place === undefined ? token : token.slice(token.lastIndexOf('/') + 1);
  const where = place === undefined ? token : `${place.host} ${place.bdf}[${place.index}]`;
  const line = (text: string, tone: EventTone = 'plain'): EventLine => ({ sequence, timeMs, place: where, text, tone });
  switch (body.type) {
    case 'ProducerRegistered':
      return line(`irq_bypass_register_producer(${eventfd}, irq ${body.irq})`);
    case 'ConsumerRegistered':
      return line(`irq_bypass_register_consumer(${eventfd})`);
    case 'ProducerUnregistered':
      return line(`irq_bypass_unregister_producer(${eventfd})${because(body.reason, body.participant)}`, toneOf(body.reason));
    case 'ConsumerUnregistered':
      return line(`irq_bypass_unregister_consumer(${eventfd})${because(body.reason, body.participant)}`, toneOf(body.reason));
    case 'PairConnected':
      return line(`connected: ${runsText(body.runs)}${place === undefined ? '' : ', posted'}`, 'good');
    case 'PairDisconnected':
      return line(`disconnected: ${runsText(body.runs)}`, 'quiet');
    case 'ConnectFailed':
      return line(`connect failed: ${runsText(body.runs)}; ${body.newcomer} refused with ${formatResult(body.result)}`, 'bad');
    case 'ConnectAborted':
      return line(`connect aborted: the session of the ${body.gone.join(' and of the ')} is gone`, 'bad');
    case 'RegistrationRefused':
      return line(refusedText(body, eventfd), 'bad');
    case 'HandshakeStalled':
      return line(`stalled for ${body.openForMs} ms: ${body.step} of the ${body.waitingFor} does not return`, 'bad');
  }
}

function refusedText({ side, result, holderSequence, count }: RegistrationRefused, eventfd: string): string {
  const holder = holderSequence === undefined ? '' : `; event ${holderSequence} holds it`;
  const times = count > 1 ? ` (${count} times)` : '';
  return `irq_bypass_register_${side}(${eventfd}) = ${formatResult(result)}${holder}${times}`;
}

function because(reason: UnregisterReason, { session }: Participant): string {
  if (reason === 'requested') return '';
  return reason === 'session_expired' ? `: session ${short(session)} expired` : ': its agent does not know it';
}

function toneOf(reason: UnregisterReason): EventTone {
  return reason === 'requested' ? 'plain' : 'bad';
}

const SESSION_CHARACTERS = 8;

function short(session: string): string {
  return session.length <= SESSION_CHARACTERS ? session : `${session.slice(0, SESSION_CHARACTERS)}…`;
}

/** `add_producer() = 0`; stop and start, which every pair has, are left out unless they failed. */
function runsText(runs: readonly CallbackRun[]): string {
  const skipped = runs.filter((run) => run.skipped);
  const told = runs.filter((run) => !run.skipped && (run.result !== 0 || (run.callback !== 'stop' && run.callback !== 'start')));
  const parts = told.map(({ callback, result }) => `${callback}() = ${formatResult(result)}`);
  if (skipped.length > 0) parts.push(`${skipped.map(({ callback }) => callback).join(', ')} skipped, the side is gone`);
  return parts.length === 0 ? 'no callbacks' : parts.join(', ');
}
