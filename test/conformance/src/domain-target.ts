import { Errno, IrqBypassManager } from '@irqmesh/domain';
import type { LocalConsumer, LocalProducer } from '@irqmesh/domain';
import { AddFaults } from './faults.ts';
import type { Target } from './target.ts';
import type { FinalParticipant, Observation, Operation, TraceCase, TraceEntry, TracedCall } from './trace.ts';

/** The pure core in one process, driven by `IrqBypassManager`. */
export class DomainTarget implements Target {
  readonly name = 'domain';
  // The kernel of v6.17 takes a null token as an ordinary key and then loses it; irqmesh refuses it, as v4.7 to v6.16 do.
  readonly skipTags = ['null_token'];

  async run(trace: TraceCase): Promise<Observation> {
    const run = new DomainRun(trace);
    return { trace: trace.ops.map((operation, index) => run.perform(operation, index)), final: run.final() };
  }

  async close(): Promise<void> {}
}

class DomainRun {
  private readonly manager = new IrqBypassManager();
  private readonly producers = new Map<string, LocalProducer>();
  private readonly consumers = new Map<string, LocalConsumer>();
  private readonly faults = new AddFaults();
  private allocationFaults = 0;
  private calls: TracedCall[] = [];

  constructor(trace: TraceCase) {
    for (const [id, { side, callbacks }] of Object.entries(trace.participants)) {
      const local = Object.assign({ id }, Object.fromEntries(callbacks.map((name) => [name, this.callback(id, name)])));
      if (side === 'producer') this.producers.set(id, local);
      else this.consumers.set(id, local);
    }
  }

  perform(operation: Operation, index: number): TraceEntry {
    this.calls = [];
    const warnings = this.registeredBefore(operation);
    const ret = this.execute(operation);
    const entry = { op: index, calls: this.calls, ret };
    return ret === Errno.EINVAL && warnings ? { ...entry, warn: true } : entry;
  }

  final(): Observation['final'] {
    const participants = (side: 'producer' | 'consumer', locals: ReadonlyMap<string, LocalProducer>) =>
      Object.fromEntries([...locals.values()].map((local) => [local.id, this.finalOf(side, local)]));
    return { producers: participants('producer', this.producers), consumers: participants('consumer', this.consumers) };
  }

  private execute(operation: Operation): number | null {
    switch (operation.op) {
      case 'register_producer':
        return this.register(() => this.manager.registerProducer(this.producers.get(operation.id)!, operation.token!, operation.irq));
      case 'register_consumer':
        return this.register(() => this.manager.registerConsumer(this.consumers.get(operation.id)!, operation.token!));
      case 'unregister_producer':
        this.manager.unregisterProducer(this.producers.get(operation.id)!);
        return null;
      case 'unregister_consumer':
        this.manager.unregisterConsumer(this.consumers.get(operation.id)!);
        return null;
      case 'fail_next_add':
        this.faults.arm(operation.id, operation.ret, operation.count);
        return null;
      case 'fail_next_alloc':
        this.allocationFaults = operation.count;
        return null;
    }
  }

  /** A registration under the armed allocation faults; one that got as far as the allocation uses up a fault. */
  private register(run: () => number): number {
    this.manager.hasRoom = this.allocationFaults === 0;
    const ret = run();
    if (!this.manager.hasRoom && ret === Errno.ENOMEM) this.allocationFaults -= 1;
    return ret;
  }

  private registeredBefore(operation: Operation): boolean {
    if (operation.op === 'register_producer') return this.tokenOf('producer', operation.id) !== undefined;
    if (operation.op === 'register_consumer') return this.tokenOf('consumer', operation.id) !== undefined;
    return false;
  }

  private callback(id: string, name: string) {
    return (peer: { readonly id: string }): number => {
      if (!name.includes('_')) this.calls.push([id, name]);
      else if (name.startsWith('del')) this.calls.push([id, name, peer.id]);
      else return this.add(id, name, peer.id);
      return 0;
    };
  }

  private add(id: string, name: string, peer: string): number {
    const result = this.faults.next(id);
    this.calls.push([id, name, peer, result]);
    return result;
  }

  private tokenOf(side: 'producer' | 'consumer', id: string): string | undefined {
    for (const state of this.manager.fold.tokens()) if (state[side]?.participant.id === id) return state.token;
    return undefined;
  }

  private finalOf(side: 'producer' | 'consumer', local: LocalProducer): FinalParticipant {
    const token = this.tokenOf(side, local.id);
    const state = token === undefined ? undefined : this.manager.fold.token(token);
    const other = side === 'producer' ? state?.consumer : state?.producer;
    const common = { registered: token !== undefined, token: token ?? null, peer: (state?.connected === true && other?.participant.id) || null };
    // A struct that was never registered holds zeroes.
    return side === 'producer' ? { ...common, irq: local.irq ?? 0 } : common;
  }
}
