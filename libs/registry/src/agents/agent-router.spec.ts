import { beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '@irqmesh/domain/testing';
import { InMemoryEventLog } from '@irqmesh/event-log';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { LogFollower } from '../follower/log-follower.ts';
import { InMemoryReadModel } from '../read-model/in-memory-read-model.ts';
import type { SessionName } from '../sessions/session-directory.ts';
import { AgentRouter } from './agent-router.ts';

const DONE: InvokeOutcomeMessage = { status: 'done', runs: [], message: '' };
const EVICT_AFTER_MS = 10_000;

let clock: ManualClock;
let answers: Map<string, () => Promise<readonly InvokeOutcomeMessage[] | undefined>>;
let batches: string[][];
let reported: SessionName[];
let isSeenTo: boolean;
let router: AgentRouter;

function item(session: string, id: string): InvokeItemMessage {
  const participant = { host: 'h', session, id };
  return {
    side: 'consumer', token: `token-${id}`, participant, registrationSequence: Number(id), registrationRequestId: 'r', operationSequence: 9,
    steps: ['stop'], rollback: false, peer: { participant, registrationSequence: 99 },
  };
}

beforeEach(() => {
  clock = new ManualClock();
  answers = new Map();
  batches = [];
  reported = [];
  isSeenTo = true;
  const follower = new LogFollower({ log: new InMemoryEventLog(), clock, readModel: new InMemoryReadModel(), acceptDataLoss: false, onFatal: () => {}, onWarning: () => {} });
  router = new AgentRouter({
    side: 'consumer',
    follower,
    clock,
    evictAfterMs: EVICT_AFTER_MS,
    onUnanswering: async (session) => {
      reported.push(session);
      return isSeenTo;
    },
    caller: {
      invoke: (session, items) => {
        batches.push(items.map(({ participant }) => `${participant.session}/${participant.id}`));
        return answers.get(session.session)?.() ?? Promise.resolve(items.map(() => DONE));
      },
      holdings: async () => undefined,
    },
  });
});

/** Invokes and lets time pass until the reply is there. */
async function invoke(...items: readonly InvokeItemMessage[]): Promise<string[]> {
  const reply = router.invoke(items);
  await clock.advance(150);
  return (await reply).map(({ status }) => status);
}

describe('AgentRouter', () => {
  test('goes to each session once, with all that is for it, and answers in the order asked', async () => {
    expect(await invoke(item('s1', '1'), item('s2', '2'), item('s1', '3'))).toEqual(['done', 'done', 'done']);
    expect(batches).toEqual([['s1/1', 's1/3'], ['s2/2']]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a session that is slow is answered as running after a moment and holds up no other', async () => {
    answers.set('slow', () => new Promise(() => {}));
    expect(await invoke(item('slow', '1'), item('s2', '2'))).toEqual(['running', 'done']);
  });

  test('an agent that does not answer, or answers with an error, fails its own items only', async () => {
    answers.set('silent', async () => undefined);
    answers.set('broken', () => Promise.reject(new Error('not today')));
    expect(await invoke(item('silent', '1'), item('broken', '2'), item('s3', '3'))).toEqual(['unanswered', 'unanswered', 'done']);
  });

  test('rule 4: a silent session is reported once when the bound is over, and not at all if it answers in between', async () => {
    answers.set('silent', async () => undefined);
    await invoke(item('silent', '1'));
    await clock.advance(EVICT_AFTER_MS - 200);
    answers.delete('silent');
    await invoke(item('silent', '1'));
    answers.set('silent', async () => undefined);
    await invoke(item('silent', '1'));
    expect(reported).toEqual([]);
    await clock.advance(EVICT_AFTER_MS);
    await invoke(item('silent', '1'));
    await invoke(item('silent', '1'));
    expect(reported).toEqual([{ host: 'h', session: 'silent' }]);
  });

  test('rule 4: it is reported again as long as nobody could be told', async () => {
    answers.set('silent', async () => undefined);
    await invoke(item('silent', '1'));
    await clock.advance(EVICT_AFTER_MS);
    isSeenTo = false;
    await invoke(item('silent', '1'));
    isSeenTo = true;
    await invoke(item('silent', '1'));
    await invoke(item('silent', '1'));
    expect(reported).toHaveLength(2);
  });
});
