import type { Side } from '@irqmesh/domain';
import { ALL_HOSTS, decodeMatcherStateReply, encodeMatcherStateRequest } from '@irqmesh/protocol';
import type { MatcherStateReplyMessage } from '@irqmesh/protocol';
import type { NatsConnection } from '@nats-io/nats-core';
import { CommandError } from '../command-error.ts';
import { ranges } from '../inventory/host-report.ts';
import { askMatcher, listPage } from '../mesh-calls.ts';
import { formatDuration } from '../output/duration.ts';
import { fail, ok, warn } from './check.ts';
import type { Check } from './check.ts';


/** Whether a side's registry answers. */
export async function checkRegistry(connection: NatsConnection, side: Side): Promise<Check> {
  const name = `${side}-registry`;
  const startedMs = performance.now();
  try {
    await listPage(connection, side, ALL_HOSTS, { tokenPrefix: '', afterSequence: 0, limit: 1 });
    return ok(name, `answers in ${formatDuration((performance.now() - startedMs) * 1000)}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return fail(name, 'does not answer: nothing can be registered or unregistered on this side', 'start it, or read its log for why it is not ready (GET /readyz)');
  }
}

/** A matcher that holds a partition answers at once; one that does not leaves the question to others. */
const STATE_TIMEOUT_MS = 1500;

/** Every partition's state, `undefined` where nobody holds it. */
export function askPartitions(connection: NatsConnection, partitions: number): Promise<(MatcherStateReplyMessage | undefined)[]> {
  const ask = (partition: number) => askMatcher(connection, partition, 'state', encodeMatcherStateRequest(), decodeMatcherStateReply, STATE_TIMEOUT_MS);
  return Promise.all(Array.from({ length: partitions }, (_, partition) => ask(partition)));
}

/** The matchers: does one hold every partition, has it read the log, does it get its operations done? */
export function checkMatchers(states: readonly (MatcherStateReplyMessage | undefined)[], lastSequence: number): Check[] {
  const known = states.filter((state) => state !== undefined);
  return [holderCheck(states), ...(known.length === 0 ? [] : [lagCheck(known, lastSequence), operationsCheck(known)])];
}

function holderCheck(states: readonly (MatcherStateReplyMessage | undefined)[]): Check {
  const name = 'matcher';
  const held = new Map<string, number[]>();
  for (const state of states) if (state !== undefined) held.set(state.matcher, [...(held.get(state.matcher) ?? []), state.partition]);
  const unheld = states.flatMap((state, partition) => (state === undefined ? [partition] : []));
  if (held.size === 0) return fail(name, 'none answers: nothing is connected or disconnected', 'start a matcher; what waits in the log is driven then');
  if (unheld.length > 0) {
    return fail(name, `nobody holds partition${unheld.length === 1 ? '' : 's'} ${ranges(unheld)}: nothing of them is connected or disconnected`, 'ask again in a few seconds; if it stays so, restart the matchers');
  }
  const shares = [...held].map(([matcher, partitions]) => `${matcher} holds ${partitions.length === states.length ? `all ${states.length} partitions` : ranges(partitions)}`);
  return ok(name, shares.join(', '));
}

function lagCheck(states: readonly MatcherStateReplyMessage[], lastSequence: number): Check {
  const name = 'fold';
  const slowest = states.reduce((a, b) => (b.position < a.position ? b : a));
  const behind = lastSequence - slowest.position;
  if (behind <= 0) return ok(name, `the matchers have read the whole log, up to #${slowest.position}`);
  const events = `${behind} event${behind === 1 ? '' : 's'}`;
  return warn(name, `matcher ${slowest.matcher} is ${events} behind the log's end (#${lastSequence})`, 'normal for a moment under load; if it grows, the matcher is too slow or hangs');
}

/** An operation that is open for longer than the services take for stalled by default. */
const STALLED_MS = 10_000;

function operationsCheck(states: readonly MatcherStateReplyMessage[]): Check {
  const name = 'operations';
  const open = states.flatMap(({ operations }) => operations).toSorted((a, b) => b.openForMs - a.openForMs);
  const pairs = states.reduce((sum, state) => sum + state.pairs, 0);
  const [oldest] = open;
  const found = `${pairs} pair${pairs === 1 ? '' : 's'} connected, ${open.length} operation${open.length === 1 ? '' : 's'} open`;
  if (oldest === undefined || oldest.openForMs < STALLED_MS) return ok(name, found);
  const { token, operationSequence, waitingFor, step, openForMs } = oldest;
  return warn(
    name,
    `${found}; #${operationSequence} waits for the ${waitingFor} (${step}) for ${formatDuration(openForMs * 1000)}`,
    `irqmesh explain ${JSON.stringify(token)} tells which host it waits for`,
  );
}
