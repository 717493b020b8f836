import type { LogEvent } from '@irqmesh/domain';
import { LogUnavailableError, START } from '@irqmesh/event-log';
import type { Checkpoint, EventLog } from '@irqmesh/event-log';
import { CommandError, ExitCode } from '../command-error.ts';
import { withMesh } from '../connection.ts';
import { openLog } from '../open-log.ts';
import { eventLine } from '../output/event-line.ts';
import { printJsonLine } from '../output/json.ts';
import { EventTail } from './event-tail.ts';
import { FoldedHistories, LookedUpHistories } from './histories.ts';
import type { Selection } from './selection.ts';

export interface WatchOptions extends Selection {
  /** The first event's sequence; `now`: the next event's. */
  readonly from: number | 'now';
  readonly json: boolean;
}

/** Shows events until Ctrl-C, or until the log cannot be read any more. */
export async function runWatch(options: WatchOptions): Promise<void> {
  await withMesh('watch', async ({ connection }) => {
    const log = await openLog(connection);
    const after = await checkpointBefore(log, options.from);
    const histories = after === START ? new FoldedHistories() : new LookedUpHistories(log);
    const { promise: ended, resolve: stop, reject: fail } = Promise.withResolvers<void>();
    process.once('SIGINT', () => stop());
    const tail = new EventTail(options, histories, options.json ? showJson : showLine, fail);
    const subscription = await log.subscribe(after, tail);
    process.stderr.write(`irqmesh: watching from event #${after.sequence + 1} on; Ctrl-C ends it\n`);
    try {
      await ended;
      process.exitCode = ExitCode.INTERRUPTED;
    } catch (error) {
      if (error instanceof LogUnavailableError) throw new CommandError(error.message, ExitCode.UNAVAILABLE, { cause: error });
      if (error instanceof Error) throw new CommandError(error.message, ExitCode.FAILED, { cause: error });
      throw error;
    } finally {
      await subscription.close();
      await log.close();
    }
  });
}

/** Where reading begins: behind the event before the first wanted one. */
async function checkpointBefore(log: EventLog, from: number | 'now'): Promise<Checkpoint> {
  const { createdMs, firstSequence, lastSequence } = await log.identity();
  const first = from === 'now' ? lastSequence + 1 : from;
  if (first > lastSequence + 1) throw new CommandError(`the log ends at event #${lastSequence}; --from ${first} is behind its end`);
  if (first <= firstSequence) return START;
  const previous = await log.read(first - 1);
  if (previous === undefined) throw new CommandError(`the log has no event #${first - 1}: it has lost data`);
  return { createdMs, sequence: previous.sequence, eventId: previous.id };
}

function showLine(event: LogEvent, isVoid: boolean): void {
  process.stdout.write(`${eventLine(event, { time: 'clock', isVoid })}\n`);
}

function showJson(event: LogEvent, isVoid: boolean): void {
  printJsonLine({ ...event, void: isVoid });
}
