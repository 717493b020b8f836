import type { ContentType } from '@irqmesh/protocol';
import fc from 'fast-check';
import type { Call } from '../calls/call.ts';
import { mostly } from '../corpus/mostly.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { mutateJson } from '../mutate/json.ts';
import { mutateProtobuf } from '../mutate/protobuf.ts';
import { steps } from '../mutate/steps.ts';

export interface CallInput {
  /** Name of the call whose decoder reads it; now and then it was written as another. */
  readonly call: string;
  readonly payload: Uint8Array;
}

/** How often a payload is given to the decoder of another call. */
const FOREIGN = 20;

/** The decoders of some calls, fed with their messages in one content type. */
export function callTarget(name: string, sentence: string, calls: readonly Call[], contentType: ContentType): FuzzTarget<CallInput> {
  const byName = new Map(calls.map((call) => [call.name, call]));
  const payload = (call: Call) => fc.tuple(mostly(call.payloads(contentType)), steps).map(([valid, done]) => mutate(valid, done, contentType));
  const own = calls.map((call) => payload(call).map((bytes): CallInput => ({ call: call.name, payload: bytes })));
  return {
    name,
    sentence,
    inputs: fc.tuple(fc.oneof(...own), fc.nat(FOREIGN), fc.nat(calls.length - 1)).map(([input, chance, at]) => (chance === FOREIGN ? { ...input, call: calls[at]!.name } : input)),
    run: ({ call, payload: bytes }) => byName.get(call)!.read(bytes, contentType),
  };
}

function mutate(valid: Uint8Array, done: Parameters<typeof mutateJson>[1], contentType: ContentType): Uint8Array {
  return contentType === 'application/json' ? Buffer.from(mutateJson(Buffer.from(valid).toString(), done)) : mutateProtobuf(valid, done);
}
