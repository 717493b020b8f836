import { Fold } from '@irqmesh/domain';
import type { LogEvent } from '@irqmesh/domain';
import { START } from '@irqmesh/event-log';
import type { LogRecord } from '@irqmesh/protocol';
import { modelLog, pairDifferences } from '@irqmesh/test-history';
import type { History, Moment, Timing, Violation } from '@irqmesh/test-history';
import type { Fault } from '../faults/fault-kinds.ts';
import { FaultPlan } from '../faults/fault-plan.ts';
import type { FaultCounts, Profile } from '../faults/fault-plan.ts';
import { Nemesis } from '../faults/nemesis.ts';
import { HostLoad } from '../load/host-load.ts';
import { AgentProcess } from '../processes/agent-process.ts';
import { MatcherProcess } from '../processes/matcher-process.ts';
import { RegistryProcess } from '../processes/registry-process.ts';
import type { ServiceProcess } from '../processes/service-process.ts';
import { SeededRandom } from '@irqmesh/test-load';
import { RIGHT_CLOCK } from '../time/process-clock.ts';
import type { ClockError } from '../time/process-clock.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { World } from '../world/world.ts';
import { foldDifferences } from './folds.ts';
import { HistoryRecorder } from './history-recorder.ts';
import { drawShape } from './shape.ts';
import type { Shape, ShapeLimits } from './shape.ts';
import { Trace } from './trace.ts';

export interface RunOptions {
  readonly seed: number;
  readonly profile: Profile;
  readonly limits?: ShapeLimits;
  /** Kinds of fault to leave out. */
  readonly without?: ReadonlySet<Fault>;
  /** Gets every line of the trace. */
  readonly sink?: ((line: string) => void) | undefined;
}

/** What a run came to, before it is judged. */
export interface RunRecord {
  readonly history: History;
  /** The log as it is stored. */
  readonly records: readonly LogRecord[];
  /** What no process should do, and did; and folds that differ. */
  readonly surprises: readonly string[];
  readonly foldDifferences: readonly string[];
  /** What the checkers saw while the run went on. */
  readonly violation: Violation | undefined;
  /** Whether it ended where something went wrong, and did not come to rest. */
  readonly cutShort: boolean;
  /** What was still going on when the time that it had after the faults was over; undefined when it came to rest. */
  readonly unsettled: string | undefined;
  readonly hash: string;
  readonly faults: FaultCounts;
  readonly shape: Shape;
  readonly virtualMs: number;
  readonly steps: number;
  /** The lines of the trace up to a moment of the history; without one those before the end. */
  readonly linesBefore: (moment?: Moment) => readonly string[];
}

const SESSION_TTL_MS = 10_000;
const LEASE_TTL_MS = 3_000;
/** Production waits for 60 s; a world lives for about a minute. */
const EVICT_AFTER_MS = 12_000;
/** Out of reach, but for the operations: a few that are open make a registry say that it is busy. */
const LIMITS = { maxTokens: 1_000, maxSessions: 1_000, maxRegistrationsPerSession: 1_000, maxOpenOperations: 6, maxItemsUnderWay: 1_000 };
/** How far a host's wall clock may be off: deadlines are wall-clock times and last 5 s. */
const MAX_OFFSET_MS = 1_000;
/** Clock rates agree, but for what real crystals differ by, and ten times that (rule 4). */
const MAX_DRIFT = 1e-3;
/** By how much what takes a given time may differ from it: clock rates do, by 1 in 1,000 of the longest request, and answers come a little later. */
const SLACK_MS = 50;
/** How long after a request was given up it may still be stored: an attempt's five seconds, clocks that differ, an append on its way, and a log that cannot be reached meanwhile. A partition may last for longer. */
const STORED_LATE_MS = 5_000 + 2 * MAX_OFFSET_MS + 8_000 + 8_000;
/** The longest that the world may take to come to rest. */
const SETTLE_LIMIT_MS = 120_000;
/** It is at rest when it has looked so for this long: a renewal or two may bring a difference to light. */
const REST_MS = 7_000;
const LOOK_EVERY_MS = 500;
/** How long restarted services have to fold the log. */
const RESTART_MS = 4_000;

/** One simulated world, from its seed to its end. */
export class Simulation {
  private readonly random: SeededRandom;
  private readonly time = new VirtualTime();
  private readonly trace: Trace;
  readonly faults: FaultPlan;
  private readonly recorder: HistoryRecorder;
  readonly shape: Shape;
  private readonly world: World;
  private readonly services: readonly ServiceProcess[];
  private readonly agents: readonly AgentProcess[];
  /** The log folded as it grows, to see when nothing is open any more. */
  private readonly fold = new Fold();
  private readonly events: LogEvent[] = [];
  private loadOver = false;

  constructor({ seed, profile, limits = {}, without = new Set(), sink }: RunOptions) {
    this.random = new SeededRandom(`seed ${seed}`);
    this.trace = new Trace(this.time, sink);
    this.recorder = new HistoryRecorder(this.time, this.trace);
    this.faults = new FaultPlan(profile, this.random.fork('faults'), without);
    this.shape = drawShape(this.random.fork('shape'), limits);
    const { time, faults, trace, recorder } = this;
    this.world = new World({
      time, faults, trace, recorder,
      random: this.random.fork('world'),
      partitions: this.shape.partitions,
      sessionTtlMs: SESSION_TTL_MS,
      leaseTtlMs: LEASE_TTL_MS,
    });
    this.services = this.makeServices();
    this.agents = this.makeAgents();
    this.countLasting();
  }

  /**
   * Runs the load under faults, then without, and waits until the world is at rest; ends at once when something is seen
   * that must never happen.
   * @param hasFailed what else ends the run.
   */
  async run(hasFailed: () => boolean = () => false): Promise<RunRecord> {
    const { time, faults, shape, recorder, trace } = this;
    const isOver = (): boolean => recorder.hasFailed || hasFailed();
    let unsettled: string | undefined;
    let differences: readonly string[] = [];
    let cutShort = true;
    let shownLength: number | undefined;
    try {
      unsettled = await this.play(isOver);
      cutShort = isOver();
      // What follows shows nothing of what went wrong.
      shownLength = trace.length;
      if (!cutShort) differences = await this.compareFolds();
    } catch (error) {
      recorder.unexpected('the run broke off', error);
    }
    const length = shownLength ?? trace.length;
    return {
      history: recorder.history(this.events, faults.has('message_duplicated'), this.timing()),
      records: await this.storedRecords(),
      surprises: recorder.surprises,
      violation: recorder.live.violation,
      cutShort,
      foldDifferences: differences,
      unsettled,
      hash: trace.digest(),
      faults: faults.counts(),
      shape,
      virtualMs: time.nowMs,
      steps: time.happened,
      linesBefore: (moment) => trace.linesBefore(Math.min(length, (moment === undefined ? undefined : recorder.traceLengthAt(moment)) ?? length)),
    };
  }

  private async storedRecords(): Promise<LogRecord[]> {
    const { log } = this.world;
    const { firstSequence, lastSequence } = await log.identity();
    const records: LogRecord[] = [];
    for await (const record of log.records(firstSequence, lastSequence)) records.push(record);
    return records;
  }

  /** The load under faults, and what follows until the world is at rest. @returns what was still going on at the end, if anything. */
  private async play(isOver: () => boolean): Promise<string | undefined> {
    const { world, time, services, agents } = this;
    await this.followLog();
    for (const process of [...services, ...agents]) time.after(this.random.between(0, 1_000), () => process.start());
    const nemesis = new Nemesis(world, this.random.fork('nemesis'), services, agents);
    nemesis.start();
    await time.run(this.shape.loadMs, isOver);
    this.loadOver = true;
    this.faults.stop();
    if (isOver()) return undefined;
    this.trace.write('world', 'no more faults');
    nemesis.undo();
    return this.settle(isOver);
  }

  private async followLog(): Promise<void> {
    await this.world.log.subscribe(START, {
      onEvent: (event) => {
        this.events.push(event);
        this.fold.apply(event);
        this.recorder.live.stored(event);
      },
      onCaughtUp: () => {},
      onEnd: (error) => this.recorder.unexpected('the log', error),
    });
  }

  /** Waits until the world is at rest; what is still going on when its time is over. */
  private async settle(isOver: () => boolean): Promise<string | undefined> {
    const limitMs = this.time.nowMs + SETTLE_LIMIT_MS;
    let goingOn: string | undefined;
    for (let restingSinceMs = this.time.nowMs; this.time.nowMs < limitMs; ) {
      await this.time.run(this.time.nowMs + LOOK_EVERY_MS, isOver);
      if (isOver()) return undefined;
      goingOn = this.goingOn();
      if (goingOn !== undefined) restingSinceMs = this.time.nowMs;
      if (this.time.nowMs - restingSinceMs >= REST_MS) return undefined;
    }
    return `${SETTLE_LIMIT_MS / 1_000} s after the last fault ${goingOn ?? 'the world had not come to rest for long enough'}`;
  }

  /** What keeps the world from being at rest, if anything. */
  private goingOn(): string | undefined {
    const alive = new Set(this.agents.filter(({ life }) => life.isAlive).map(({ life }) => life.name));
    const call = this.recorder.openCall((agent) => alive.has(agent));
    if (call !== undefined) return `call ${call.id} (${call.verb} ${call.side} ${call.host}/${call.participant} ${call.token}) had not returned`;
    const service = this.services.find(({ ready }) => !ready);
    if (service !== undefined) return `${service.node} was not ready`;
    const behind = this.services.find(({ follower }) => follower?.fold.position !== this.fold.position);
    if (behind !== undefined) return `${behind.node}'s fold had not reached the end of the log`;
    const without = this.agents.find(({ expectsSession, session }) => expectsSession && session === undefined);
    if (without !== undefined) return `${without.host} had no session`;
    const held = new Set(this.agents.map(({ host, session }) => `${host}.${session ?? ''}`));
    for (const key of this.fold.sessionKeys()) if (!held.has(key)) return `registrations of session ${key} stood that no agent holds`;
    for (const { queue, token } of this.fold.tokens()) if (queue.length > 0) return `operation ${queue[0]!.sequence} of ${token} was open`;
    return undefined;
  }

  /** Compares every service's fold with the log's: as they are, then started anew from their read models, then from nothing. */
  private async compareFolds(): Promise<string[]> {
    const { services, fold, time } = this;
    const differences = [...pairDifferences(fold, modelLog(this.events.map((event) => ({ event })))), ...foldDifferences(services, fold, { when: 'at the end', restored: true })];
    for (const service of services) service.kill(1);
    await time.run(time.nowMs + RESTART_MS);
    differences.push(...foldDifferences(services, fold, { when: 'after a restart from the read models', restored: true }));
    for (const service of services) {
      service.kill(1);
      service.forget();
    }
    await time.run(time.nowMs + RESTART_MS);
    return [...differences, ...foldDifferences(services, fold, { when: 'after a restart from nothing', restored: false })];
  }

  private timing(): Timing {
    const hasNoBound = this.faults.has('partition');
    const requestTimeoutMs = Object.fromEntries(this.shape.hosts.map((host) => [host.host, host.requestTimeoutMs]));
    return { slackMs: SLACK_MS, requestTimeoutMs, storedLateMs: hasNoBound ? undefined : STORED_LATE_MS };
  }

  private makeServices(): ServiceProcess[] {
    const { world, shape } = this;
    const settings = { sessionTtlMs: SESSION_TTL_MS, ...LIMITS, evictUnansweredAfterMs: EVICT_AFTER_MS };
    const registries = (['producer', 'consumer'] as const).flatMap((side) =>
      Array.from({ length: shape.registries[side] }, (_, index) => new RegistryProcess(world, side, index, settings, this.drawClockError(`${side} ${index}`))),
    );
    return [...registries, ...Array.from({ length: shape.matchers }, (_, index) => new MatcherProcess(world, index, this.drawClockError(`matcher ${index}`)))];
  }

  private makeAgents(): AgentProcess[] {
    return this.shape.hosts.map(({ host, autoReopen, requestTimeoutMs, lanes }) => {
      const load = new HostLoad(this.world, host, lanes, this.random.fork(`load ${host}`), () => this.loadOver);
      return new AgentProcess(this.world, host, { autoReopen, requestTimeoutMs }, load, this.drawClockError(host));
    });
  }

  /** Counts the faults that hold for the whole run, once each. */
  private countLasting(): void {
    const { faults, shape } = this;
    for (const fault of ['clock_offset', 'clock_drift'] as const) if (faults.has(fault)) faults.count(fault);
    // One matcher alone is right to believe it.
    if (faults.has('lease_split') && shape.matchers > 1) faults.count('lease_split');
  }

  private drawClockError(name: string): ClockError {
    const random = this.random.fork(`clock ${name}`);
    const offset = random.between(-MAX_OFFSET_MS, MAX_OFFSET_MS);
    const drift = random.between(-MAX_DRIFT, MAX_DRIFT);
    return {
      offsetMs: this.faults.has('clock_offset') ? offset : RIGHT_CLOCK.offsetMs,
      rate: this.faults.has('clock_drift') ? 1 + drift : RIGHT_CLOCK.rate,
    };
  }
}
