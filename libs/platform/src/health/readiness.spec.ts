import { describe, expect, it } from '@jest/globals';
import { Readiness } from './readiness.ts';

describe('Readiness', () => {
  it('is ready when every check is', async () => {
    const readiness = new Readiness();
    readiness.add({ name: 'nats', check: () => undefined });
    readiness.add({ name: 'log', check: async () => undefined });
    expect(await readiness.report()).toEqual({ ready: true, checks: { nats: { ok: true }, log: { ok: true } } });
  });

  it('names what is missing, also when a check throws or hangs', async () => {
    const readiness = new Readiness();
    readiness.add({ name: 'log', check: () => 'reads 5 of 9' });
    readiness.add({ name: 'store', check: () => Promise.reject(new Error('disk full')) });
    readiness.add({ name: 'peer', check: () => new Promise(() => {}) });
    readiness.add({ name: 'nats', check: () => undefined });
    expect(await readiness.report()).toEqual({
      ready: false,
      checks: {
        log: { ok: false, reason: 'reads 5 of 9' },
        store: { ok: false, reason: 'disk full' },
        peer: { ok: false, reason: 'the check did not answer within 1000 ms' },
        nats: { ok: true },
      },
    });
  });

  it('takes a name once', () => {
    const readiness = new Readiness();
    readiness.add({ name: 'log', check: () => undefined });
    expect(() => readiness.add({ name: 'log', check: () => undefined })).toThrow('there is a readiness check "log" already');
  });
});
