import { openJetStreamLog, START } from '@irqmesh/event-log';
import type { EventLog, LogSubscription } from '@irqmesh/event-log';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { CommandError, ExitCode } from '../command-error.ts';
import { freshRunFolder } from '../supervise/run-folder.ts';
import { Stack } from '../supervise/stack.ts';
import { StopSignals } from '../supervise/stop-signals.ts';
import type { ProcessListener } from '../supervise/supervised.ts';
import { JsonView } from '../view/json-view.ts';
import { LineView } from '../view/line-view.ts';
import { TerminalView } from '../view/terminal-view.ts';
import type { DemoView, StateSource } from '../view/view.ts';
import { frameState } from './frame-source.ts';
import type { Progress } from './frame-source.ts';
import { HostControl } from './host-control.ts';
import type { DemoHost } from './host-options.ts';
import { DemoModel } from './model.ts';
import { Pacer } from './pacer.ts';
import { Player } from './player.ts';
import { planScenario, weightOf } from './scenario.ts';
import type { Step } from './scenario.ts';
import { announce, outcome } from './sentences.ts';
import { sizeOf, summaryCounts } from './summary.ts';
import { placesOf } from './vectors.ts';

export interface DemoOptions {
  readonly hosts: readonly DemoHost[];
  readonly seconds: number;
  readonly keep: boolean;
  readonly json: boolean;
  readonly natsUrl: string | undefined;
  /** Said before anything else. */
  readonly notes: readonly string[];
}

/** Short, so that a killed host's session expires within the show. */
const SESSION_TTL_MS = 5000;
const VIEW_COLUMNS_MIN = 60;
const VIEW_ROWS_MIN = 20;

/** Plays the demo. @returns the exit code */
export async function runDemo(options: DemoOptions): Promise<number> {
  const stop = new StopSignals();
  const demo = new Demo(options, stop);
  try {
    await demo.run();
    return stop.exitCode ?? ExitCode.OK;
  } catch (error) {
    // Whatever fails because everything is being stopped is no failure.
    if (stop.exitCode !== undefined) return stop.exitCode;
    throw error;
  } finally {
    await demo.close();
    stop.release();
  }
}

class Demo {
  private readonly options: DemoOptions;
  private readonly stop: StopSignals;
  private readonly model: DemoModel;
  private readonly stack: Stack;
  private readonly view: DemoView;
  private readonly stateDir: string;
  private readonly steps: readonly Step[];
  private readonly progress: Progress = { step: undefined, pacer: undefined };
  private readonly latenciesUs: number[] = [];
  private nats: NatsConnection | undefined;
  private log: EventLog | undefined;
  private subscription: LogSubscription | undefined;
  private finished = false;

  constructor(options: DemoOptions, stop: StopSignals) {
    const folder = freshRunFolder();
    this.options = options;
    this.stop = stop;
    this.stateDir = folder.path;
    const inventories = options.hosts.map(({ inventory }) => inventory);
    this.model = new DemoModel(inventories);
    this.steps = planScenario(inventories);
    const env = { IRQMESH_SESSION_TTL_MS: String(SESSION_TTL_MS) };
    this.stack = new Stack({ command: 'demo', folder, natsUrl: options.natsUrl, env, listener: this.listener() }, options.hosts);
    this.view = makeView(options.json, () => frameState(this.stack, this.model, this.progress, options.seconds * 1000));
  }

  async run(): Promise<void> {
    const { signal } = this.stop;
    this.introduce();
    await this.startAll();
    if (!signal.aborted) await unlessAborted(this.play(), signal);
    await this.collectAll();
    this.finishView();
    this.view.summary(this.summary(!signal.aborted));
    if (signal.aborted && this.stop.exitCode === undefined) throw signal.reason;
    if (this.options.keep) await aborted(signal);
  }

  /** Ends every process; called whatever happened. */
  async close(): Promise<void> {
    this.finishView();
    await this.subscription?.close();
    await this.log?.close();
    await this.nats?.close();
    await this.stack.stop();
  }

  private introduce(): void {
    for (const note of this.options.notes) this.view.note(note);
    for (const { name, inventory, warnings } of this.options.hosts) {
      for (const warning of warnings) this.view.note(warning);
      this.view.note(`${name}: ${sizeOf(placesOf(inventory, 1).length, inventory.vms.length)}`);
    }
    this.view.progress('starting NATS, the three services and the hosts');
  }

  private async startAll(): Promise<void> {
    const { signal } = this.stop;
    await this.stack.start(signal);
    if (signal.aborted) return;
    await this.followLog();
    const boots = new Map([...this.model.hosts.keys()].map((name) => [name, this.model.nextBoot(name)]));
    for (const [name, boot] of boots) this.model.setBoot(name, boot);
    await this.stack.startHosts(boots);
  }

  private async followLog(): Promise<void> {
    this.nats = await connect({ servers: this.stack.natsUrl, name: 'irqmesh demo', maxReconnectAttempts: -1 });
    this.log = await openJetStreamLog({ connection: this.nats, create: false });
    const { lastSequence } = await this.log.identity();
    this.model.countFrom(lastSequence + 1);
    let onCaughtUp = (): void => {};
    const caughtUp = new Promise<void>((resolve) => (onCaughtUp = resolve));
    this.subscription = await this.log.subscribe(START, {
      onEvent: (event) => {
        const line = this.model.apply(event, performance.now());
        if (line !== undefined && !this.finished) this.view.event(line);
      },
      onCaughtUp: () => onCaughtUp(),
      onEnd: (error) => this.stop.stop(new CommandError(`the log cannot be read any more: ${error.message}`)),
    });
    await unlessAborted(caughtUp, this.stop.signal);
  }

  private async play(): Promise<void> {
    const { signal } = this.stop;
    const { model, stack, steps, view } = this;
    if (steps.length === 0) return this.view.note('No VM has a device with MSI or MSI-X vectors passed through, so nothing can register.');
    const latencies = { collect: (host: string) => this.collect(host) };
    const player = new Player({ stack, model, signal, latencies, control: new HostControl(this.nats!) });
    const pacer = new Pacer(this.options.seconds * 1000, steps.map(weightOf));
    this.progress.pacer = pacer;
    for (const [at, step] of steps.entries()) {
      const sentence = announce(step, SESSION_TTL_MS);
      this.progress.step = { number: at + 1, total: steps.length, sentence };
      view.step(at + 1, steps.length, sentence);
      await player.play(step);
      if (signal.aborted) return;
      view.outcome(outcome(step));
      await pacer.endOf(at, signal);
    }
  }

  /** Takes what a host has measured so far; it is lost when the host is killed. */
  private async collect(host: string): Promise<void> {
    const { registerLatenciesUs } = await new HostControl(this.nats!).state(host);
    for (const latencyUs of registerLatenciesUs) this.latenciesUs.push(latencyUs);
  }

  private async collectAll(): Promise<void> {
    const { signal } = this.stop;
    if (signal.aborted) return;
    const up = [...this.stack.hosts.values()].filter(({ status }) => status === 'ready');
    await unlessAborted(Promise.all(up.map(({ name }) => this.collect(name))), signal);
  }

  private summary(ok: boolean) {
    const { model, options, stack } = this;
    const processes = [...(stack.nats === undefined ? [] : [stack.nats]), ...stack.services];
    const places = [...model.hosts.values()].flatMap((host) => host.places);
    return {
      ok,
      ...summaryCounts(model.tally.counts, this.latenciesUs),
      pairsStanding: model.count(places).posted,
      restarts: processes.filter(({ restarts }) => restarts > 0).map(({ name, restarts }) => ({ name, count: restarts })),
      stateDir: this.stateDir,
      natsUrl: stack.natsUrl,
      ownServer: stack.nats !== undefined,
      keeps: options.keep && ok,
      token: places.find((place) => model.state(place) !== 'posted')?.kvmToken ?? places[0]?.kvmToken,
    };
  }

  private listener(): ProcessListener {
    return {
      onStatus: (_name, _status, sentence) => {
        if (sentence !== undefined && !this.finished) this.view.note(sentence);
      },
      onFailed: (error) => this.stop.stop(error),
    };
  }

  private finishView(): void {
    if (this.finished) return;
    this.finished = true;
    this.view.finish();
  }
}

function makeView(json: boolean, source: StateSource): DemoView {
  if (json) return new JsonView();
  const { stdout } = process;
  const fits = stdout.isTTY && stdout.columns >= VIEW_COLUMNS_MIN && stdout.rows >= VIEW_ROWS_MIN;
  return fits ? new TerminalView(stdout, source) : new LineView();
}

/** Resolves when the work is done or the signal aborted; the work's failure counts only before that. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await Promise.race([work, aborted(signal)]);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
