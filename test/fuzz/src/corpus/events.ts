import { readFileSync } from 'node:fs';
import { encodeEvent } from '@irqmesh/protocol';
import { event, sequence } from '@irqmesh/protocol/test-support';
import fc from 'fast-check';

/** A message of the log. */
export interface EventInput {
  readonly subject: string;
  readonly sequence: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

const PARTITIONS = 16;

const storedFile = new URL('../../../../libs/protocol/test-data/v1.json', import.meta.url);
const stored = (JSON.parse(readFileSync(storedFile, 'utf8')) as { readonly message: Omit<EventInput, 'payload'> & { readonly payload: string } }[]).map(({ message }) => ({ ...message, payload: Buffer.from(message.payload, 'base64') }));

const written: fc.Arbitrary<EventInput> = fc.tuple(event, sequence).map(([one, at]) => ({ ...encodeEvent(one, PARTITIONS), sequence: at }));

/** Valid messages of the log: mostly the stored ones, which hold every event type. */
export const eventMessages: fc.Arbitrary<EventInput> = fc.oneof({ weight: 15, arbitrary: fc.constantFrom<EventInput[]>(...stored) }, { weight: 1, arbitrary: written });
