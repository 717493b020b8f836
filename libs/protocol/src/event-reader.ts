import { callbackSet, CALLBACKS, Errno, IrqBypassError } from '@irqmesh/domain';
import type {
  Callback, CallbackRun, CallbackSet, EventBody, HandshakeStalled, PairEvent, Participant, RegisteredEvent, RegistrationRefused, Side, UnregisteredEvent,
} from '@irqmesh/domain';
import { callbackNames, sides, unregisterReasons } from './convert.ts';
import { BODY_FIELDS } from './event-writer.ts';
import { lengthTag, numberTag, WireReader } from './wire-reader.ts';

// The `Event` message of event.proto, straight into the domain's types. Field numbers are those of that file. Objects
// are made with all their properties, in one order, so that the fold meets one shape for each event type.

const BODY_TYPES: (EventBody['type'] | undefined)[] = [];
for (const [type, field] of Object.entries(BODY_FIELDS)) BODY_TYPES[field] = type as EventBody['type'];

/** The domain's shared callback sets, by the mask of their callbacks' positions in `CALLBACKS`. */
const SETS: Readonly<Record<Side, readonly CallbackSet[]>> = { producer: setsByMask('producer'), consumer: setsByMask('consumer') };

function setsByMask(side: Side): readonly CallbackSet[] {
  return Array.from({ length: 16 }, (_, mask) => callbackSet(side, CALLBACKS[side].filter((_name, bit) => (mask & (1 << bit)) !== 0)));
}

/** @throws IrqBypassError -EINVAL, naming the field, for bytes that hold no event this version can read. */
export function readEventBody(payload: Uint8Array): EventBody {
  const reader = new WireReader(payload);
  let body: EventBody | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    const type = BODY_TYPES[tag >> 3];
    if (type === undefined || tag !== lengthTag(tag >> 3)) {
      reader.skip(tag);
      continue;
    }
    if (body !== undefined) throw invalid('the payload holds more than one body');
    const outer = reader.enter();
    body = readBody(reader, type);
    reader.leave(outer);
  }
  if (body !== undefined) return body;
  throw invalid(payload.length === 0 ? 'the payload is empty' : 'the payload holds no body that this version knows');
}

function readBody(reader: WireReader, type: EventBody['type']): EventBody {
  switch (type) {
    case 'ProducerRegistered':
    case 'ConsumerRegistered':
      return readRegistered(reader, type);
    case 'ProducerUnregistered':
    case 'ConsumerUnregistered':
      return readUnregistered(reader, type);
    case 'PairConnected':
    case 'ConnectFailed':
    case 'ConnectAborted':
    case 'PairDisconnected':
      return readPair(reader, type);
    case 'HandshakeStalled':
      return readStalled(reader);
    case 'RegistrationRefused':
      return readRefused(reader);
  }
}

function readParticipant(reader: WireReader): Participant {
  const outer = reader.enter();
  let host = '';
  let session = '';
  let id = '';
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) host = reader.string();
    else if (tag === lengthTag(2)) session = reader.string();
    else if (tag === lengthTag(3)) id = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (host === '' || session === '' || id === '') throw invalid('participant lacks its host, session or id');
  return { host, session, id };
}

function readRegistered(reader: WireReader, type: RegisteredEvent['type']): RegisteredEvent {
  const side = type === 'ProducerRegistered' ? 'producer' : 'consumer';
  let participant: Participant | undefined;
  let irq = 0;
  let callbackMask = 0;
  let deadlineMs = 0;
  let requestId = '';
  let quiesceGroup: string | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    // A producer's second field is its irq; a consumer's fields from the second on are a producer's from the third.
    const field = side === 'producer' || tag < numberTag(2) ? tag : tag + numberTag(1);
    if (field === lengthTag(1)) participant = readParticipant(reader);
    else if (field === numberTag(2)) irq = reader.uint32();
    else if (field === lengthTag(3)) callbackMask |= readCallbacks(reader, side);
    else if (field === numberTag(3)) callbackMask |= callbackBit(reader.uint32(), side);
    else if (field === numberTag(4)) deadlineMs = reader.uint32();
    else if (field === lengthTag(5)) requestId = reader.string();
    else if (field === lengthTag(6)) quiesceGroup = reader.string();
    else reader.skip(tag);
  }
  if (participant === undefined) throw missing('participant');
  if (deadlineMs === 0) throw missing('deadline_ms');
  if (requestId === '') throw missing('request_id');
  const callbacks = SETS[side][callbackMask]!;
  if (type === 'ProducerRegistered') return { type, participant, irq, callbacks, deadlineMs, requestId, quiesceGroup };
  return { type, participant, callbacks, deadlineMs, requestId, quiesceGroup };
}

function readCallbacks(reader: WireReader, side: Side): number {
  const outer = reader.enter();
  let mask = 0;
  while (reader.more()) mask |= callbackBit(reader.uint32(), side);
  reader.leave(outer);
  return mask;
}

function callbackBit(value: number, side: Side): number {
  const name = callbackNames.decode(value, 'callbacks');
  const bit = CALLBACKS[side].indexOf(name);
  if (bit < 0) throw invalid(`callbacks holds ${name}, which a ${side} does not have`);
  return 1 << bit;
}

function readUnregistered(reader: WireReader, type: UnregisteredEvent['type']): UnregisteredEvent {
  let participant: Participant | undefined;
  let registrationSequence = 0;
  let registrationRequestId = '';
  let requestId = '';
  let reason = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) participant = readParticipant(reader);
    else if (tag === numberTag(2)) registrationSequence = reader.number();
    else if (tag === lengthTag(3)) registrationRequestId = reader.string();
    else if (tag === lengthTag(4)) requestId = reader.string();
    else if (tag === numberTag(5)) reason = reader.uint32();
    else reader.skip(tag);
  }
  if (participant === undefined) throw missing('participant');
  if (registrationSequence === 0) throw missing('registration_sequence');
  if (registrationRequestId === '') throw missing('registration_request_id');
  if (requestId === '') throw missing('request_id');
  return { type, participant, registrationSequence, registrationRequestId, requestId, reason: unregisterReasons.decode(reason, 'reason') };
}

function readPair(reader: WireReader, type: PairEvent['type']): PairEvent {
  let producerSequence = 0;
  let consumerSequence = 0;
  let operationSequence = 0;
  const runs: CallbackRun[] = [];
  let newcomer = 0;
  let result = 0;
  const gone: Side[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) producerSequence = reader.number();
    else if (tag === numberTag(2)) consumerSequence = reader.number();
    else if (tag === numberTag(3)) operationSequence = reader.number();
    else if (tag === lengthTag(4)) runs.push(readRun(reader));
    else if (tag === numberTag(5)) newcomer = reader.uint32();
    else if (tag === numberTag(6) && type === 'ConnectFailed') result = reader.sint32();
    else if (tag === lengthTag(6) && type === 'ConnectAborted') readGone(reader, gone);
    else if (tag === numberTag(6) && type === 'ConnectAborted') gone.push(sides.decode(reader.uint32(), 'gone'));
    else reader.skip(tag);
  }
  if (producerSequence === 0) throw missing('producer_sequence');
  if (consumerSequence === 0) throw missing('consumer_sequence');
  if (operationSequence === 0) throw missing('operation_sequence');
  if (type === 'PairConnected' || type === 'PairDisconnected') return { type, producerSequence, consumerSequence, operationSequence, runs };
  const newcomerSide = sides.decode(newcomer, 'newcomer');
  if (type === 'ConnectFailed') {
    if (result === 0) throw missing('result');
    return { type, producerSequence, consumerSequence, operationSequence, runs, newcomer: newcomerSide, result };
  }
  if (gone.length === 0) throw missing('gone');
  return { type, producerSequence, consumerSequence, operationSequence, runs, newcomer: newcomerSide, gone };
}

function readGone(reader: WireReader, gone: Side[]): void {
  const outer = reader.enter();
  while (reader.more()) gone.push(sides.decode(reader.uint32(), 'gone'));
  reader.leave(outer);
}

function readRun(reader: WireReader): CallbackRun {
  const outer = reader.enter();
  let side = 0;
  let callback = 0;
  let result = 0;
  let durationUs = 0;
  let skipped = false;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) side = reader.uint32();
    else if (tag === numberTag(2)) callback = reader.uint32();
    else if (tag === numberTag(3)) result = reader.sint32();
    else if (tag === numberTag(4)) durationUs = reader.number();
    else if (tag === numberTag(5)) skipped = reader.boolean();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { side: sides.decode(side, 'runs.side'), callback: runCallback(side, callback), result, durationUs, skipped };
}

function runCallback(side: number, callback: number): Callback {
  const name = callbackNames.decode(callback, 'runs.callback');
  const owner = sides.decode(side, 'runs.side');
  if (!CALLBACKS[owner].includes(name)) throw invalid(`runs holds ${name} of a ${owner}, which does not have it`);
  return name;
}

function readStalled(reader: WireReader): HandshakeStalled {
  let operationSequence = 0;
  let waitingFor = 0;
  let step = '';
  let openForMs = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) operationSequence = reader.number();
    else if (tag === numberTag(2)) waitingFor = reader.uint32();
    else if (tag === lengthTag(3)) step = reader.string();
    else if (tag === numberTag(4)) openForMs = reader.number();
    else reader.skip(tag);
  }
  if (operationSequence === 0) throw missing('operation_sequence');
  return { type: 'HandshakeStalled', operationSequence, waitingFor: sides.decode(waitingFor, 'waiting_for'), step, openForMs };
}

function readRefused(reader: WireReader): RegistrationRefused {
  let side = 0;
  let participant: Participant | undefined;
  let result = 0;
  let holderSequence: number | undefined;
  let count = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) side = reader.uint32();
    else if (tag === lengthTag(2)) participant = readParticipant(reader);
    else if (tag === numberTag(3)) result = reader.sint32();
    else if (tag === numberTag(4)) holderSequence = reader.number();
    else if (tag === numberTag(5)) count = reader.uint32();
    else reader.skip(tag);
  }
  if (participant === undefined) throw missing('participant');
  if (result === 0) throw missing('result');
  if (count === 0) throw missing('count');
  return { type: 'RegistrationRefused', side: sides.decode(side, 'side'), participant, result, holderSequence, count };
}

function missing(field: string): IrqBypassError {
  return invalid(`${field} is missing`);
}

function invalid(sentence: string): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, sentence);
}
