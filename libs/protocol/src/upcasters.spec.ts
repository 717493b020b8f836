import { describe, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { IrqBypassError } from '@irqmesh/domain';
import { readEventBody } from './event-reader.ts';
import { EventSchema } from './gen/irqmesh/v1/event_pb.ts';
import type { Upcaster } from './upcasters.ts';
import { SCHEMA_VERSION, upcast, UPCASTERS } from './upcasters.ts';

const payload = toBinary(EventSchema, create(EventSchema, {
  body: { case: 'consumerRegistered', value: { participant: { host: 'a', session: 's', id: 'x' }, callbacks: [1], deadlineMs: 1, requestId: 'r' } },
}));

/** A step as a later version may have it: a field that was not there gets the value its absence meant. */
function addToDeadline(count: number): Upcaster {
  return (event) => {
    if (event.body.case === 'consumerRegistered') event.body.value.deadlineMs = event.body.value.deadlineMs * 10 + count;
    return event;
  };
}

describe('upcasters', () => {
  it('leave the current version as it is', () => {
    expect(upcast(payload, SCHEMA_VERSION)).toBe(payload);
  });

  it('exist for every older version', () => {
    expect([...UPCASTERS.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: SCHEMA_VERSION - 1 }, (_, at) => at + 1));
  });

  it('run one after the other from the version of the event', () => {
    const steps = new Map([[1, addToDeadline(1)], [2, addToDeadline(2)]]);
    expect(readEventBody(upcast(payload, 1, 3, steps))).toMatchObject({ deadlineMs: 112, requestId: 'r' });
    expect(readEventBody(upcast(payload, 2, 3, steps))).toMatchObject({ deadlineMs: 12, requestId: 'r' });
  });

  it('refuse a newer version, and one that a step is missing for', () => {
    expect(() => upcast(payload, SCHEMA_VERSION + 1)).toThrow(/use a newer one/);
    expect(() => upcast(payload, 1, 3, new Map([[2, addToDeadline(2)]]))).toThrow(IrqBypassError);
  });
});
