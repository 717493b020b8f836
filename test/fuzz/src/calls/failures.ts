import { BusyError, Errno, IrqBypassError } from '@irqmesh/domain';
import { int32, uint32 } from '@irqmesh/protocol/test-support';
import fc from 'fast-check';

/** Sentences of people and programs. */
export const sentence = fc.string({ unit: 'grapheme', maxLength: 40 });

/** Why a call as a whole was refused, or that it was not. */
export const failure: fc.Arbitrary<IrqBypassError | undefined> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.tuple(fc.oneof(fc.constantFrom(...Object.values(Errno)), int32), sentence).map(([errno, text]) => new IrqBypassError(errno, text)) },
  { weight: 1, arbitrary: fc.tuple(sentence, uint32).map(([text, retryAfterMs]) => new BusyError(text, retryAfterMs)) },
);
