import { partitionOf } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { MAX_TOKEN_EVENTS } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import { decodeExplainReply, encodeExplainRequest } from '@irqmesh/protocol';
import { explain } from '@irqmesh/replay';
import { CommandError } from '../command-error.ts';
import { withMesh } from '../connection.ts';
import type { Mesh } from '../connection.ts';
import { askMatcher } from '../mesh-calls.ts';
import { openLog } from '../open-log.ts';
import { eventLine } from '../output/event-line.ts';
import { printJson } from '../output/json.ts';
import { harmless } from '../output/printable.ts';
import { wrap } from '../output/wrap.ts';

/** What is told of a token. */
export interface Answer {
  readonly token: string;
  readonly connected: boolean;
  readonly sentence: string;
  readonly advice: string;
  readonly events: readonly LogEvent[];
}

/** The matcher is asked first: its answer takes one call, however long the token's history is. */
const MATCHER_TIMEOUT_MS = 2000;
/** As many events as a matcher reads for an answer. */
const MAX_EVENTS = 200_000;

/** Prints why a token is connected or not. Without a matcher, the log is read here: that is when the question matters most. */
export async function runExplain(token: string, json: boolean): Promise<void> {
  await withMesh('explain', async ({ connection }: Mesh) => {
    const log = await openLog(connection);
    const partition = partitionOf(token, log.partitions);
    const reply = await askMatcher(connection, partition, 'explain', encodeExplainRequest(token), decodeExplainReply, MATCHER_TIMEOUT_MS);
    const answer = reply ?? (await answerFromLog(log, token));
    if (json) printJson({ ...answerOf(answer), matcherAnswered: reply !== undefined });
    else process.stdout.write(answerText(answer));
    if (reply === undefined) {
      process.stderr.write(`${wrap(`irqmesh: no matcher answers for partition ${partition}, so nothing of this token is connected or disconnected now; the answer above was read from the log`)}\n`);
    }
  });
}

function answerOf({ token, connected, sentence, advice, events }: Answer): Answer {
  return { token, connected, sentence, advice, events };
}

/** The sentence, what to do, and the events as lines. */
export function answerText({ sentence, advice, events }: Answer): string {
  const parts = [wrap(harmless(sentence))];
  if (advice !== '') parts.push(wrap(harmless(advice)));
  if (events.length > 0) parts.push(events.map((event) => eventLine(event, { time: 'clock' })).join('\n'));
  return `${parts.join('\n\n')}\n`;
}

async function answerFromLog(log: EventLog, token: string): Promise<Answer> {
  const events: LogEvent[] = [];
  for (;;) {
    const page = await log.readToken(token, { fromSequence: (events.at(-1)?.sequence ?? 0) + 1, limit: MAX_TOKEN_EVENTS });
    for (const event of page) events.push(event);
    if (page.length < MAX_TOKEN_EVENTS) break;
    if (events.length >= MAX_EVENTS) throw new CommandError(`the token has more than ${MAX_EVENTS} events: too many to explain`);
  }
  const { evidence, ...rest } = explain(token, events);
  return { ...rest, events: evidence };
}
