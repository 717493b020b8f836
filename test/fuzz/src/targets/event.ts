import { IrqBypassError } from '@irqmesh/domain';
import { decodeEvent, encodeEvent, EventDecodeError, EventHeader } from '@irqmesh/protocol';
import fc from 'fast-check';
import { eventMessages } from '../corpus/events.ts';
import type { EventInput } from '../corpus/events.ts';
import { attempt } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { sameAgain } from '../engine/round-trip.ts';
import { mutateProtobuf } from '../mutate/protobuf.ts';
import { steps } from '../mutate/steps.ts';
import { mutateText } from '../mutate/text.ts';

const WORDS = ['irqmesh.evt.', 'producer', 'pair', '.', '..', '*', '>', '99999', '00', 'AAAA', '-_', 'irqmesh.v1.', 'ProducerRegistered', 'PairConnected', '2026-02-30T24:60:60.000Z', '9999-12-31T23:59:59.999Z', '+010000-01-01T00:00:00.0Z', '2', '0'];

/** Headers and subject are changed more rarely than the payload: few survive it. */
const changes = fc.record({ payload: steps, where: fc.nat(30), text: steps });

const inputs = fc.tuple(eventMessages, changes).map(([message, { payload, where, text }]): EventInput => {
  const names = ['subject', ...Object.values(EventHeader)];
  const changed = { ...message, payload: mutateProtobuf(message.payload, payload) };
  const name = names[where];
  if (name === undefined) return changed;
  if (name === 'subject') return { ...changed, subject: mutateText(message.subject, text, WORDS) };
  return { ...changed, headers: { ...message.headers, [name]: mutateText(message.headers[name] ?? '', text, WORDS) } };
});

/** `decodeEvent` wraps whatever was thrown; only what it threw itself is meant. */
function isLegitimate(error: unknown): boolean {
  if (!(error instanceof EventDecodeError)) return false;
  if (error.cause instanceof IrqBypassError) return true;
  throw error.cause;
}

export const event: FuzzTarget<EventInput> = {
  name: 'event',
  sentence: 'messages of the log: subject, headers, payload',
  inputs,
  run: ({ subject, sequence, headers, payload }) => {
    const own = new Map(Object.entries(headers));
    const read = attempt(() => decodeEvent({ subject, sequence, headers: { get: (name) => own.get(name) ?? '' }, payload }), isLegitimate);
    if (read === undefined) return 'refused';
    // Ids, sources and causation ids that no writer would let through are read, since a log is read as it is.
    const again = attempt(() => encodeEvent(read.value, 16), (error) => error instanceof IrqBypassError);
    if (again !== undefined) sameAgain(read.value, decodeEvent({ ...again.value, sequence, headers: { get: (name) => again.value.headers[name] ?? '' } }));
    return 'accepted';
  },
};
