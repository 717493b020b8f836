import { describe, expect, test } from '@jest/globals';
import type { LogEvent } from '@irqmesh/domain';
import type { OpenCall, OpenCallback, RegistrationView } from '@irqmesh/test-load';
import { LiveChecks } from './live-checks.ts';

const LANE = { agent: 'host-a#1', host: 'host-a', side: 'producer', participant: 'P', token: 't' } as const;

/** Tells the checks what happens, moment by moment. */
class Teller {
  readonly checks = new LiveChecks();
  private now = 0;

  registers(id: number): void {
    this.checks.called({ ...LANE, id, verb: 'register', supplied: ['stop', 'start', 'add_consumer', 'del_consumer'], calledAt: ++this.now });
  }

  unregistered(ends: number): void {
    const call: OpenCall = { ...LANE, id: 99, verb: 'unregister', ends, calledAt: ++this.now, returnedAt: ++this.now, result: 0 };
    this.checks.called(call);
    this.checks.returned(call);
  }

  begins(call: number, callback: OpenCallback['callback'], operationSequence = 5): OpenCallback {
    const begun: OpenCallback = { ...LANE, call, callback, operationSequence, calledAt: ++this.now };
    this.checks.callbackBegan(begun);
    return begun;
  }

  ends(callback: OpenCallback, result = 0): void {
    Object.assign(callback, { returnedAt: ++this.now, result });
    this.checks.callbackEnded(callback);
  }

  runs(call: number, ...callbacks: OpenCallback['callback'][]): void {
    for (const callback of callbacks) this.ends(this.begins(call, callback));
  }
}

describe('what is checked while a run goes on', () => {
  test('nothing is found in callbacks that are as they should be', () => {
    const teller = new Teller();
    teller.registers(1);
    teller.runs(1, 'stop', 'add_consumer', 'start');
    teller.unregistered(1);
    expect(teller.checks.violation).toBeUndefined();
  });

  test('a callback without the one that it needs is found when it returns', () => {
    const teller = new Teller();
    teller.registers(1);
    teller.runs(1, 'stop');
    const del = teller.begins(1, 'del_consumer');
    teller.ends(del);
    expect(teller.checks.violation?.sentence).toBe('del_consumer of producer host-a/P t in operation 5 was called without a successful add before it');
  });

  test('one that begins while another runs is found when it does', () => {
    const teller = new Teller();
    teller.registers(1);
    teller.begins(1, 'stop');
    teller.runs(1, 'start');
    expect(teller.checks.violation?.sentence).toContain('while stop of operation 5 had not returned');
  });

  test('one that is called, or still runs, after its unregister has resolved', () => {
    const late = new Teller();
    late.registers(1);
    late.unregistered(1);
    late.begins(1, 'stop');
    expect(late.checks.violation?.sentence).toContain('although the unregister of its registration had resolved');
    const running = new Teller();
    running.registers(1);
    running.begins(1, 'stop');
    running.unregistered(1);
    expect(running.checks.violation?.sentence).toContain('runs although the unregister of its registration has resolved');
  });

  test('an event that the kernel would not have let happen is found when it is stored, and the first is kept', () => {
    const checks = new LiveChecks();
    const body = (requestId: string) => ({ type: 'ProducerRegistered', irq: 1, participant: { host: 'host-a', session: 's', id: requestId }, callbacks: [], deadlineMs: 1_000, requestId, quiesceGroup: undefined }) as const;
    const event = (sequence: number): LogEvent => ({ id: `e${sequence}`, token: 't', timeMs: 0, source: 'test', sequence, body: body(`r${sequence}`) });
    for (const sequence of [1, 2, 3]) checks.stored(event(sequence));
    expect(checks.violation).toMatchObject({ checker: 'model', sequences: [2] });
  });

  test('a registry that shows what the log never had', () => {
    const participant = { host: 'host-a', session: 's', id: 'P' };
    const view: RegistrationView = { side: 'producer', participant, token: 't', sequence: 1, requestId: 'r1', irq: 7, callbacks: [], callbackDeadlineMs: 1_000, state: 'waiting' };
    const shown = (changes: Partial<RegistrationView>): string | undefined => {
      const checks = new LiveChecks();
      const body = { type: 'ProducerRegistered', irq: 7, participant, callbacks: [], deadlineMs: 1_000, requestId: 'r1', quiesceGroup: undefined } as const;
      checks.stored({ id: 'e1', token: 't', timeMs: 0, source: 'test', sequence: 1, body });
      checks.looked({ ...view, ...changes });
      return checks.violation?.sentence;
    };
    expect(shown({})).toBeUndefined();
    for (const changes of [{ sequence: 2 }, { irq: 8 }, { requestId: 'r2' }, { side: 'consumer' }, { token: 'u' }, { callbackDeadlineMs: 5 }] as const) expect(shown(changes)).toContain('no such registration');
    expect(shown({ state: 'connected', peer: participant, peerSequence: 9 })).toContain('no peer of it at event 9');
  });
});
