import { CALLBACKS, callbackSet, IrqBypassError, sleep } from '@irqmesh/domain';
import type { Callback, CallbackSet, Clock, Side } from '@irqmesh/domain';
import type { Consumer, IrqMeshClient, Peer, Producer, Registration } from '@irqmesh/client/core';
import type { Device } from './device.ts';
import type { AgentLife, LoadRecorder, OpenCall, RegistrationView } from './load-recorder.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What a lane's participant is like, for a whole run of the world. */
export interface LaneShape {
  readonly side: Side;
  readonly participant: string;
  readonly tokens: readonly string[];
  /** How long it rests between its calls, on average. */
  readonly gapMs: number;
  /** Callback deadlines that its registrations may ask for. */
  readonly deadlinesMs: readonly number[];
  readonly quiesceGroup: string | undefined;
}

export interface LaneOptions {
  readonly shape: LaneShape;
  readonly host: string;
  readonly client: IrqMeshClient;
  readonly life: AgentLife;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly recorder: LoadRecorder;
  readonly trace: (what: string) => void;
  readonly device: Device;
  readonly isOver: () => boolean;
}

/** Registers twice although it is registered, which is refused. */
const REPEATED = 0.1;
/** Unregisters before the register has returned. */
const IMPATIENT = 0.1;

/** Looks at what is registered before a call. */
const LOOKING = 0.15;
/** Producers without any callback, as VFIO's are. */
const BARE_PRODUCERS = 0.5;

/** One participant of a host: registers and unregisters until the load is over. */
export class Lane {
  private readonly options: LaneOptions;
  private standing: { readonly registration: Registration; readonly call: number } | undefined;

  constructor(options: LaneOptions) {
    this.options = options;
  }

  async run(): Promise<void> {
    const { clock, random, shape, isOver } = this.options;
    for (;;) {
      await sleep(clock, random.between(0, 2 * shape.gapMs));
      if (isOver()) return;
      if (random.chance(LOOKING)) await this.look();
      if (this.standing === undefined || !this.standing.registration.registered || random.chance(REPEATED)) await this.register();
      else await this.unregister(this.standing);
    }
  }

  private async register(): Promise<void> {
    const { shape, random, client, device } = this.options;
    const { side, participant: id, quiesceGroup } = shape;
    const token = random.pick(shape.tokens);
    const supplied = this.pickCallbacks();
    const callbackDeadlineMs = random.pick(shape.deadlinesMs);
    const call = this.called('register', token, supplied);
    const callback = (name: Callback) =>
      supplied.includes(name) ? (peer: Peer) => device.run({ call: call.id, token, side, participant: id, callback: name, deadlineMs: callbackDeadlineMs, group: quiesceGroup }, peer) : undefined;
    const options = { id, callbackDeadlineMs, ...(quiesceGroup === undefined ? {} : { quiesceGroup }) };
    const common = present({ stop: callback('stop'), start: callback('start') });
    let registering: Promise<Registration>;
    let handle: Producer | Consumer;
    if (side === 'producer') {
      const producer = client.producer({ ...options, ...common, ...present({ addConsumer: callback('add_consumer'), delConsumer: callback('del_consumer') }) });
      registering = producer.register(token, random.below(1_000));
      handle = producer;
    } else {
      const consumer = client.consumer({ ...options, ...common, ...present({ addProducer: callback('add_producer'), delProducer: callback('del_producer') }) });
      registering = consumer.register(token);
      handle = consumer;
    }
    const ended = random.chance(IMPATIENT) && this.standing === undefined ? this.ended(token, call.id, handle.unregister()) : Promise.resolve(undefined);
    const registration = await this.registered(call, registering);
    if (registration !== undefined) this.standing = { registration, call: call.id };
    if ((await ended) === 0) this.standing = undefined;
  }

  private async unregister({ registration, call }: { readonly registration: Registration; readonly call: number }): Promise<void> {
    const result = await this.ended(registration.token, call, registration.unregister(), registration);
    if (result === 0) this.standing = undefined;
  }

  private async registered(call: OpenCall, registering: Promise<Registration>): Promise<Registration | undefined> {
    const { life, recorder, trace } = this.options;
    const outcome = await outcomeOf(registering);
    if (!life.isAlive) return undefined;
    const { value, result } = outcome;
    trace(`call ${call.id} register ${call.side} ${call.participant} ${call.token}: ${result}${value === undefined ? '' : ` as ${value.requestId}`}`);
    recorder.returned(call, result, value);
    return value;
  }

  private async ended(token: string, ends: number, unregistering: Promise<void>, registration?: Registration): Promise<number | undefined> {
    const { life, recorder, trace } = this.options;
    const call = this.called('unregister', token, undefined, ends);
    const { result } = await outcomeOf(unregistering);
    if (!life.isAlive) return undefined;
    trace(`call ${call.id} unregister ${call.side} ${call.participant} ${call.token}: ${result}`);
    recorder.returned(call, result, registration);
    return result;
  }

  /** Asks a registry what it has of this host, and tells what it says; it may lag behind the log. */
  private async look(): Promise<void> {
    const { shape, random, client, life, recorder, trace } = this.options;
    const token = random.pick(shape.tokens);
    const isOne = random.chance(0.5);
    const { value: views } = await outcomeOf(isOne ? client.lookUp(shape.side, token).then((view) => (view === undefined ? [] : [view])) : allOf(client.list(shape.side, { tokenPrefix: token })));
    if (!life.isAlive || views === undefined) return;
    trace(`sees ${views.length} ${shape.side}s of ${token}: ${views.map(({ participant: { id }, state, sequence }) => `${id} ${state}, event ${sequence}`).join('; ')}`);
    const mistake = lookMistake(views, this.options, token);
    if (mistake !== undefined) throw new Error(`a registry shows ${mistake}: ${JSON.stringify(views)}`);
    recorder.looked?.(views);
  }

  private called(verb: 'register' | 'unregister', token: string, supplied: CallbackSet | undefined, ends?: number): OpenCall {
    const { shape, host, life, recorder, trace } = this.options;
    const { side, participant, quiesceGroup } = shape;
    const call = recorder.called({ agent: life.name, host, side, participant, token, verb, ends, supplied, group: quiesceGroup });
    trace(`call ${call.id} ${verb} ${side} ${participant} ${token}`);
    return call;
  }

  /** Any set; one that a quiesce group takes; seldom a consumer without what it must have. */
  private pickCallbacks(): CallbackSet {
    const { shape, random } = this.options;
    if (shape.side === 'producer' && random.chance(BARE_PRODUCERS)) return [];
    const halting = random.chance(0.5);
    const names = CALLBACKS[shape.side].filter((name) => {
      if (name === 'stop' || name === 'start') return shape.quiesceGroup === undefined ? random.chance(0.6) : halting;
      return shape.side === 'consumer' ? !random.chance(0.01) : random.chance(0.6);
    });
    return callbackSet(shape.side, names);
  }
}

/** What cannot be so in what a registry says of this host's registrations of a side and token, whatever happened before. */
function lookMistake(views: readonly RegistrationView[], { host, shape }: LaneOptions, token: string): string | undefined {
  for (const [index, { side, participant, sequence, state, peer, peerSequence, ...view }] of views.entries()) {
    if (side !== shape.side || participant.host !== host || view.token !== token) return 'what was not asked for';
    if (index > 0 && sequence <= views[index - 1]!.sequence) return 'registrations out of order';
    if (state === 'connected' ? peer === undefined || peerSequence === undefined || peerSequence === sequence : peer !== undefined && state !== 'leaving') return 'a pair of which it has not both sides';
    if (!view.callbacks.every((callback) => CALLBACKS[side].includes(callback))) return "callbacks of the other side's";
  }
  return undefined;
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function outcomeOf<T>(promise: Promise<T>): Promise<{ readonly result: number; readonly value?: T }> {
  try {
    return { result: 0, value: await promise };
  } catch (error) {
    if (error instanceof IrqBypassError) return { result: error.errno };
    throw error;
  }
}

/** Without the keys that are undefined: an absent callback is not one that is undefined. */
function present<T extends object>(callbacks: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(callbacks).filter(([, value]) => value !== undefined)) as { [Key in keyof T]?: NonNullable<T[Key]> };
}
