import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { LogEvent } from '@irqmesh/domain';
import { bodies } from '../test-support/arbitraries.ts';
import { decodeEvent, encodeEvent } from './event-codec.ts';
import { EventHeader } from './event-headers.ts';
import { SCHEMA_VERSION } from './upcasters.ts';

// test-data/v<n>.json holds messages as the program of schema version n wrote them. They are never written again: a new
// version adds a file. Each must read as the event beside it for ever, by the upcasters where those are needed.

interface StoredEvent {
  readonly name: string;
  readonly message: { readonly subject: string; readonly sequence: number; readonly headers: Readonly<Record<string, string>>; readonly payload: string };
  readonly event: LogEvent;
}

function load(version: number): StoredEvent[] {
  return JSON.parse(readFileSync(new URL(`../test-data/v${version}.json`, import.meta.url), 'utf8')) as StoredEvent[];
}

const versions = Array.from({ length: SCHEMA_VERSION }, (_, at) => at + 1);

describe.each(versions)('stored bytes of schema version %d', (version) => {
  const stored = load(version);

  it('hold every event type', () => {
    expect(new Set(stored.map(({ event }) => event.body.type))).toEqual(new Set(Object.keys(bodies)));
  });

  it.each(stored)('are read: $name', ({ message, event }) => {
    const { subject, sequence, headers, payload } = message;
    expect(decodeEvent({ subject, sequence, headers: { get: (name) => headers[name] ?? '' }, payload: Buffer.from(payload, 'base64') })).toEqual(event);
  });
});

describe('an event that is written today', () => {
  it.each(load(SCHEMA_VERSION))('is what the current version is known by: $name', ({ message, event }) => {
    const { subject, headers: all, payload } = encodeEvent(event, 16);
    // The first release wrote no checksum.
    const { [EventHeader.checksum]: _checksum, ...headers } = all;
    expect({ subject, headers, payload: Buffer.from(payload).toString('base64') }).toEqual({ subject: message.subject, headers: message.headers, payload: message.payload });
  });
});
