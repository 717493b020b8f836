import { describe, expect, it } from '@jest/globals';
import type { StreamConfig } from '@nats-io/jetstream';
import { newStreamConfig, partitionsOf, schemaVersionOf, streamDifferences } from './stream-config.ts';
import { checkServerVersion } from './stream.ts';

const good = newStreamConfig({}) as StreamConfig;

describe('streamDifferences', () => {
  it('finds none in what newStreamConfig makes', () => {
    expect(streamDifferences(good, {})).toEqual([]);
    expect(streamDifferences(newStreamConfig({ partitions: 4, replicas: 3 }) as StreamConfig, { replicas: 3 })).toEqual([]);
  });

  it('takes what the server leaves out for false or zero', () => {
    const { no_ack: _noAck, sealed: _sealed, allow_msg_ttl: _ttl, max_age: _age, ...config } = good;
    expect(streamDifferences(config as StreamConfig, {})).toEqual([]);
  });

  it('lists everything by which events could be lost, changed or come from elsewhere', () => {
    const config = {
      ...good, max_age: 5, deny_purge: false, storage: 'memory', subjects: ['irqmesh.>'], mirror: { name: 'OTHER' }, allow_rollup_hdrs: true,
    } as StreamConfig;
    expect(streamDifferences(config, {})).toEqual([
      'subjects is ["irqmesh.>"], must be ["irqmesh.evt.>"]',
      'storage is "memory", must be "file"',
      'max_age is 5, must be 0',
      'deny_purge is false, must be true',
      'allow_rollup_hdrs is true, must be false',
      'mirror is {"name":"OTHER"}, must be not set',
    ]);
  });

  it('compares replicas only where they are asked for', () => {
    const config = { ...good, num_replicas: 3 };
    expect(streamDifferences(config, {})).toEqual([]);
    expect(streamDifferences(config, { replicas: 1 })).toEqual(['num_replicas is 3, must be 1']);
  });

  it('needs a number of partitions, and a schema that is a version where one is there', () => {
    expect(streamDifferences({ ...good, metadata: { 'irqmesh.partitions': '8' } }, {})).toEqual([]);
    expect(streamDifferences({ ...good, metadata: {} }, {})).toEqual(['metadata irqmesh.partitions is not set, must be "16"']);
    expect(streamDifferences({ ...good, metadata: { ...good.metadata, 'irqmesh.schema': 'new' } }, {})).toEqual(['metadata irqmesh.schema is "new", must be "1"']);
  });
});

describe('partitionsOf', () => {
  it('reads the number, and nothing that is none', () => {
    expect(partitionsOf(good)).toBe(16);
    for (const text of ['0', '-1', '1.5', 'many', '']) expect(partitionsOf({ ...good, metadata: { 'irqmesh.partitions': text } })).toBeUndefined();
  });
});

describe('schemaVersionOf', () => {
  it('reads the version, and takes a log without one for the first', () => {
    expect(schemaVersionOf(newStreamConfig({}, 7) as StreamConfig)).toBe(7);
    expect(schemaVersionOf({ ...good, metadata: { 'irqmesh.partitions': '16' } })).toBe(1);
    for (const text of ['0', '-1', '1.5', 'new', '', '10000']) expect(schemaVersionOf({ ...good, metadata: { 'irqmesh.schema': text } })).toBeUndefined();
  });
});

describe('checkServerVersion', () => {
  it('needs 2.12', () => {
    for (const version of ['2.12.0', '2.15.1', '2.12.0-RC.1', '3.0.0']) checkServerVersion(version);
    for (const version of ['2.11.9', '1.20.0', '2.9.10']) expect(() => checkServerVersion(version)).toThrow(`the NATS server is version ${version}; irqmesh needs 2.12 or newer`);
    expect(() => checkServerVersion('unknown')).toThrow('version unknown');
  });
});
