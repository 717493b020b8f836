import { expect, test } from '@jest/globals';
import type { ClientCall } from '@irqmesh/test-history';
import { Recording } from './recording.ts';

const call = (agent: string, id: number, calledAt: number, more: Partial<ClientCall> = {}): ClientCall => ({
  id, agent, host: agent.slice(0, -2), side: 'producer', participant: 'P', token: 't', verb: 'register', calledAt, ...more,
});

test('what several runs of several agents tell is one history, numbered in the order of time', () => {
  const recording = new Recording();
  recording.take('host-b#1', { told: 'call', call: call('host-b#1', 1, 20) });
  recording.take('host-a#1', { told: 'call', call: call('host-a#1', 1, 10) });
  recording.take('host-a#1', { told: 'return', id: 1, returnedAt: 30, result: 0, session: 's', requestId: 'r' });
  recording.take('host-a#1', { told: 'call', call: call('host-a#1', 2, 40, { verb: 'unregister', ends: 1 }) });
  recording.take('host-b#1', { told: 'callback', id: 1, callback: { agent: 'host-b#1', host: 'host-b', side: 'producer', participant: 'P', token: 't', call: 1, callback: 'stop', operationSequence: 3, calledAt: 50 } });
  recording.take('host-b#1', { told: 'callback-end', id: 1, returnedAt: 60, result: -5 });
  recording.turned({ agent: 'host-a#1', host: 'host-a', at: 70, kind: 'killed' });
  recording.take('host-a#1', { told: 'turn', turn: { agent: 'host-a#1', host: 'host-a', at: 5, kind: 'opened', session: 's' } });
  const { calls, callbacks, turns } = recording.history([]);
  expect(calls.map(({ id, agent, ends, result }) => ({ id, agent, ends, result }))).toEqual([
    { id: 1, agent: 'host-a#1', ends: undefined, result: 0 },
    { id: 2, agent: 'host-b#1', ends: undefined, result: undefined },
    { id: 3, agent: 'host-a#1', ends: 1, result: undefined },
  ]);
  expect(callbacks).toMatchObject([{ call: 2, returnedAt: 60, result: -5 }]);
  expect(turns.map(({ kind }) => kind)).toEqual(['opened', 'killed']);
  expect(recording.openCall('host-b#1')).toMatchObject({ calledAt: 20 });
  expect(recording.openCall('host-a#2')).toBeUndefined();
});
