import type { LogEvent } from '@irqmesh/domain';
import { checkHistory, modelLog, pairDifferences } from '@irqmesh/test-history';
import type { History, Violation } from '@irqmesh/test-history';
import { SeededRandom } from '@irqmesh/test-load';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { Nemesis } from '../nemesis/nemesis.ts';
import type { NemesisCounts, NemesisKind } from '../nemesis/nemesis-kinds.ts';
import { listDifferences, storedFoldDifferences } from './compare-folds.ts';
import { LogObserver } from './log-observer.ts';
import { WallClock } from './moments.ts';
import { settle } from './settle.ts';
import { Site } from './site.ts';
import { readWholeLog } from './whole-log.ts';

export interface RoundOptions {
  readonly seed: number;
  /** How long the load and the nemesis last. */
  readonly forMs: number;
  readonly kinds: readonly NemesisKind[];
  /** NATS nodes: one, or a cluster of three with three replicas. */
  readonly nodes: 1 | 3;
  readonly hosts: number;
  /** Ends the round early; what it started is ended. */
  readonly signal: AbortSignal;
  /** Told now and then how far it is. */
  readonly onProgress: (what: string) => void;
}

/** A round, and everything that was found wrong in it. */
export interface RoundVerdict {
  readonly options: RoundOptions;
  readonly history: History;
  readonly counts: NemesisCounts;
  readonly violations: readonly RoundViolation[];
  /** By how much the machine's clocks drifted apart, in microseconds. */
  readonly clockDriftUs: number;
  /** What each process last wrote, for a round that failed. */
  readonly logs: ReadonlyMap<string, readonly string[]>;
  readonly strikes: readonly string[];
}

/** `verify`: what `irqmesh verify` finds in the log; `processes`: a program ended by itself, or did what none should do. */
export type RoundViolation = Pick<Violation, 'sentence'> & { readonly checker: Violation['checker'] | 'verify' | 'processes' };

const MEASURE_EVERY_MS = 5_000;
const TELL_EVERY_MS = 1_000;

/** Runs real processes under a nemesis, waits until they are at rest, and lets every checker judge what they did. */
export async function runRound(options: RoundOptions): Promise<RoundVerdict> {
  const { seed, nodes, hosts, signal, onProgress } = options;
  const random = new SeededRandom(`chaos ${seed}`);
  const site = await Site.build({ nodes, hosts, random });
  try {
    onProgress('starting');
    await site.startServices(signal);
    const connection = await connect({ servers: site.cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 200, ignoreClusterUpdates: true });
    try {
      return await new Round(options, site, connection, random).run();
    } finally {
      await connection.close();
    }
  } finally {
    await site.tearDown();
  }
}

class Round {
  private readonly options: RoundOptions;
  private readonly site: Site;
  private readonly connection: NatsConnection;
  private readonly random: SeededRandom;
  private readonly wallClock = new WallClock();
  private readonly strikes: string[] = [];
  private readonly found: RoundViolation[] = [];

  constructor(options: RoundOptions, site: Site, connection: NatsConnection, random: SeededRandom) {
    this.options = options;
    this.site = site;
    this.connection = connection;
    this.random = random;
  }

  async run(): Promise<RoundVerdict> {
    const { site, connection, options, wallClock } = this;
    const observer = await LogObserver.start(connection);
    wallClock.measure();
    const measuring = setInterval(() => wallClock.measure(), MEASURE_EVERY_MS);
    try {
      const counts = await this.trouble(observer);
      options.onProgress('waiting until all is at rest');
      const unsettled = await settle(site, observer, options.signal);
      if (unsettled !== undefined) this.found.push({ checker: 'convergence', sentence: unsettled });
      else this.differ(await listDifferences(connection, site.hosts, observer.fold));
      wallClock.measure();
      const log = await readWholeLog(connection, await observer.lastSequence(), wallClock, observer);
      for (const sentence of await observer.verify()) this.found.push({ checker: 'verify', sentence });
      // Before the agents are ended: what they hold must be what the log says.
      const history = site.recording.history(log);
      await site.stopServices();
      this.differ(await storedFoldDifferences(site.services, log.map(({ event }): LogEvent => event)));
      options.onProgress('judging');
      return this.judge(history, counts, unsettled === undefined, observer);
    } finally {
      clearInterval(measuring);
      await observer.close();
    }
  }

  /** The load, and the nemesis, for as long as was asked. */
  private async trouble(observer: LogObserver): Promise<NemesisCounts> {
    const { options, site, random } = this;
    const { kinds, forMs, signal, onProgress } = options;
    const startedMs = performance.now();
    const onStrike = (what: string): void => void this.strikes.push(`${((performance.now() - startedMs) / 1_000).toFixed(1)} s ${what}`);
    const nemesis = new Nemesis({ kinds, random: random.fork('nemesis'), services: site.services, agents: site.agents, cluster: site.cluster, onStrike });
    for (const agent of site.agents) agent.start();
    const over = new AbortController();
    const running = nemesis.run(AbortSignal.any([over.signal, signal]));
    const telling = setInterval(() => {
      const struck = Object.values(nemesis.counts).reduce((sum, count) => sum + count, 0);
      onProgress(`${((performance.now() - startedMs) / 1_000).toFixed(0)} of ${(forMs / 1_000).toFixed(0)} s, ${site.recording.callCount} calls, ${observer.fold.position} events, ${struck} faults`);
    }, TELL_EVERY_MS);
    try {
      // A nemesis that fails ends the round.
      await Promise.race([running, sleep(forMs, undefined, { signal })]);
    } finally {
      clearInterval(telling);
      over.abort();
      for (const agent of site.agents) agent.endLoad();
      await running;
    }
    return nemesis.counts;
  }

  private differ(differences: readonly string[]): void {
    for (const sentence of differences) this.found.push({ checker: 'convergence', sentence });
  }

  private judge(history: History, counts: NemesisCounts, settled: boolean, observer: LogObserver): RoundVerdict {
    const { site, options, wallClock, strikes } = this;
    const surprises = [...site.services, ...site.agents].flatMap((member) => member.surprises);
    if (observer.failure !== undefined) surprises.push(`the log could not be read any more: ${observer.failure.message}`);
    for (const sentence of surprises) this.found.push({ checker: 'processes', sentence });
    const { violations, undecided } = checkHistory(history, { settled });
    this.differ(pairDifferences(observer.fold, modelLog(history.log)));
    // What nobody can judge must not pass.
    if (undecided > 0) this.found.push({ checker: 'linearizability', sentence: `the search for a linearization was given up for ${undecided} tokens` });
    const logs = new Map([...site.services, ...site.agents].map((member) => [member.name, member.log]));
    return { options, history, counts, violations: [...this.found, ...violations], clockDriftUs: wallClock.drift, logs, strikes };
  }
}
