import type { EventBody, HandshakeStalled, PairEvent, Participant, RegisteredEvent, RegistrationRefused, UnregisteredEvent } from '@irqmesh/domain';
import { callbackNames, sides, unregisterReasons } from './convert.ts';
import { WireWriter } from './wire-writer.ts';

// The `Event` message of event.proto, straight from the domain's types. Field numbers are those of that file.

/** The numbers of the `body` oneof. */
export const BODY_FIELDS: Readonly<Record<EventBody['type'], number>> = {
  ProducerRegistered: 1,
  ConsumerRegistered: 2,
  ProducerUnregistered: 3,
  ConsumerUnregistered: 4,
  PairConnected: 5,
  ConnectFailed: 6,
  ConnectAborted: 7,
  PairDisconnected: 8,
  HandshakeStalled: 9,
  RegistrationRefused: 10,
};

const writer = new WireWriter();

/** @throws IrqBypassError -EINVAL for a body with a number that protobuf cannot hold. */
export function writeEventBody(body: EventBody): Uint8Array {
  try {
    const start = writer.begin(BODY_FIELDS[body.type]);
    writeBody(body);
    writer.end(start);
    return writer.finish();
  } catch (error) {
    writer.finish();
    throw error;
  }
}

function writeBody(body: EventBody): void {
  switch (body.type) {
    case 'ProducerRegistered':
    case 'ConsumerRegistered':
      return writeRegistered(body);
    case 'ProducerUnregistered':
    case 'ConsumerUnregistered':
      return writeUnregistered(body);
    case 'PairConnected':
    case 'ConnectFailed':
    case 'ConnectAborted':
    case 'PairDisconnected':
      return writePair(body);
    case 'HandshakeStalled':
      return writeStalled(body);
    case 'RegistrationRefused':
      return writeRefused(body);
  }
}

function writeParticipant(field: number, { host, session, id }: Participant): void {
  const start = writer.begin(field);
  writer.string(1, host);
  writer.string(2, session);
  writer.string(3, id);
  writer.end(start);
}

function writeRegistered(body: RegisteredEvent): void {
  writeParticipant(1, body.participant);
  let field = 2;
  if (body.type === 'ProducerRegistered') writer.number(field++, body.irq);
  if (body.callbacks.length > 0) {
    const start = writer.begin(field);
    for (const name of body.callbacks) writer.packed(callbackNames.encode(name));
    writer.end(start);
  }
  writer.number(field + 1, body.deadlineMs);
  writer.string(field + 2, body.requestId);
  if (body.quiesceGroup !== undefined) writer.alwaysString(field + 3, body.quiesceGroup);
}

function writeUnregistered(body: UnregisteredEvent): void {
  writeParticipant(1, body.participant);
  writer.number(2, body.registrationSequence);
  writer.string(3, body.registrationRequestId);
  writer.string(4, body.requestId);
  writer.number(5, unregisterReasons.encode(body.reason));
}

function writePair(body: PairEvent): void {
  writer.number(1, body.producerSequence);
  writer.number(2, body.consumerSequence);
  writer.number(3, body.operationSequence);
  for (const run of body.runs) {
    const start = writer.begin(4);
    writer.number(1, sides.encode(run.side));
    writer.number(2, callbackNames.encode(run.callback));
    writer.sint32(3, run.result);
    writer.number(4, run.durationUs);
    writer.boolean(5, run.skipped);
    writer.end(start);
  }
  if (body.type === 'ConnectFailed' || body.type === 'ConnectAborted') writer.number(5, sides.encode(body.newcomer));
  if (body.type === 'ConnectFailed') writer.sint32(6, body.result);
  if (body.type === 'ConnectAborted') {
    const start = writer.begin(6);
    for (const side of body.gone) writer.packed(sides.encode(side));
    writer.end(start);
  }
}

function writeStalled(body: HandshakeStalled): void {
  writer.number(1, body.operationSequence);
  writer.number(2, sides.encode(body.waitingFor));
  writer.string(3, body.step);
  writer.number(4, body.openForMs);
}

function writeRefused(body: RegistrationRefused): void {
  writer.number(1, sides.encode(body.side));
  writeParticipant(2, body.participant);
  writer.sint32(3, body.result);
  if (body.holderSequence !== undefined) writer.alwaysNumber(4, body.holderSequence);
  writer.number(5, body.count);
}
