import { InMemoryReadModel } from '@irqmesh/registry';
import type { ReadModel, ReadModelBatch, RegistrationQuery, RegistrationRow, StoredFold } from '@irqmesh/registry';
import type { Side } from '@irqmesh/domain';
import type { Seat } from './seat.ts';

const FASTEST_MS = 0.05;
const SLOWEST_MS = 5;

/** The file of a process's read model: it outlives the process. */
export class SqliteFile extends InMemoryReadModel {
  isEmpty = true;

  override async write(batch: ReadModelBatch): Promise<void> {
    await super.write(batch);
    this.isEmpty = false;
  }
}

/** SQLite as one process uses it: each call takes a moment, and a kill leaves a batch written whole or not at all. */
export class SimReadModel implements ReadModel {
  private readonly seat: Seat;
  private readonly store: InMemoryReadModel;

  constructor(seat: Seat, store: InMemoryReadModel) {
    this.seat = seat;
    this.store = store;
  }

  load(): Promise<StoredFold | undefined> {
    return this.work('load', () => this.store.load());
  }

  write(batch: ReadModelBatch): Promise<void> {
    return this.work(`write up to ${batch.checkpoint.sequence}`, () => this.store.write(batch));
  }

  list(query: RegistrationQuery): Promise<RegistrationRow[]> {
    return this.work('list', () => this.store.list(query));
  }

  get(side: Side, token: string): Promise<RegistrationRow | undefined> {
    return this.work('get', () => this.store.get(side, token));
  }

  reset(): Promise<void> {
    return this.work('reset', () => this.store.reset());
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private work<T>(what: string, run: () => Promise<T>): Promise<T> {
    const { life, world } = this.seat;
    if (this.seat.crashes(`before the read model's ${what}`)) return life.call(() => {});
    return life.call((resolve, reject) => {
      world.time.after(world.random.between(FASTEST_MS, SLOWEST_MS), () => {
        // The process does the work itself: dead, it writes nothing.
        if (!life.isAlive) return;
        world.trace.detail(life.name, `read model: ${what}`);
        run().then(resolve, reject);
        this.seat.crashes(`after the read model's ${what}`);
      });
    });
  }
}
