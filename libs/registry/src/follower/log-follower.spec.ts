import { describe, expect, test } from '@jest/globals';
import { History, ManualClock, TOKEN } from '@irqmesh/domain/testing';
import { InMemoryEventLog, LogLostDataError } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';
import { InMemoryReadModel } from '../read-model/in-memory-read-model.ts';
import { LogFollower } from './log-follower.ts';

/** A log with one registered producer, as another log of the same name would look if made at another time. */
async function logMadeAt(createdMs: number): Promise<InMemoryEventLog> {
  const log = new InMemoryEventLog({ createdMs });
  const history = new History();
  history.producer('p1');
  await log.append({ event: history.events[0]!, expectedLastSequence: 0 });
  return log;
}

function follow(log: EventLog, readModel: InMemoryReadModel, acceptDataLoss = false) {
  const clock = new ManualClock();
  const told = { fatal: [] as Error[], warnings: [] as string[] };
  const follower = new LogFollower({
    log, clock, readModel, acceptDataLoss,
    onFatal: (error) => told.fatal.push(error),
    onWarning: (message) => told.warnings.push(message),
  });
  return { follower, clock, told };
}

describe('LogFollower', () => {
  test('folds what is in the log, then what comes; the read model restarts it where it stood', async () => {
    const log = await logMadeAt(1);
    const readModel = new InMemoryReadModel();
    const first = follow(log, readModel);
    await first.follower.start();
    await first.follower.whenCaughtUp();
    expect(first.follower.fold.token(TOKEN).producer).toMatchObject({ sequence: 1 });
    await first.follower.close();
    const second = follow(log, readModel);
    await second.follower.start();
    expect(second.follower.fold.position).toBe(1);
    await second.follower.close();
    expect(second.clock.pendingTimers).toBe(0);
  });

  test('a log that is not the one that was read is refused', async () => {
    const readModel = new InMemoryReadModel();
    const first = follow(await logMadeAt(1), readModel);
    await first.follower.start();
    await first.follower.whenCaughtUp();
    await first.follower.close();
    await expect(follow(await logMadeAt(2), readModel).follower.start()).rejects.toThrow(LogLostDataError);
    await expect(follow(new InMemoryEventLog({ createdMs: 1 }), readModel).follower.start()).rejects.toThrow(LogLostDataError);
  });

  test('unless it is told to go on: then it warns, forgets what it had read and folds what is there', async () => {
    const readModel = new InMemoryReadModel();
    const first = follow(await logMadeAt(1), readModel);
    await first.follower.start();
    await first.follower.whenCaughtUp();
    await first.follower.close();
    const second = follow(new InMemoryEventLog({ createdMs: 2 }), readModel, true);
    await second.follower.start();
    expect(second.follower.fold.tokenCount).toBe(0);
    expect(second.told.warnings).toEqual([expect.stringContaining('going on although the log has lost data')]);
    await second.follower.close();
  });

  test('waiting for a position or an operation ends at its time, and leaves no timer', async () => {
    const { follower, clock } = follow(await logMadeAt(1), new InMemoryReadModel());
    await follower.start();
    await follower.whenCaughtUp();
    expect(await follower.whenSettled(TOKEN, 1, 100)).toMatchObject({ settled: true });
    expect(await follower.whenPosition(1, 100)).toBe(true);
    const late = [follower.whenPosition(2, 100), follower.whenSettled(TOKEN, 2, 100).then(({ settled }) => settled)];
    await clock.advance(100);
    expect(await Promise.all(late)).toEqual([false, false]);
    await follower.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
