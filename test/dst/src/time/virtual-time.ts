interface Entry {
  readonly atMs: number;
  /** What is due at the same moment runs in the order in which it was scheduled. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Something scheduled; `cancel` may be called any number of times. */
export interface Scheduled {
  cancel(): void;
}

/**
 * The time of a simulated world: a queue of things that will happen. One thing happens at a time, and everything that
 * its promises lead to is over before the next, so a run is the same each time.
 */
export class VirtualTime {
  private readonly heap: Entry[] = [];
  private scheduled = 0;
  private currentMs = 0;
  private steps = 0;

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.currentMs;
  }

  /** How many things have happened. */
  get happened(): number {
    return this.steps;
  }

  /** Lets `run` happen `delayMs` from now, 0 for as soon as what happens now is over. */
  after(delayMs: number, run: () => void): Scheduled {
    const entry: Entry = { atMs: this.currentMs + Math.max(0, delayMs), order: this.scheduled++, run };
    this.push(entry);
    return { cancel: () => (entry.run = undefined) };
  }

  /** Lets things happen until `untilMs`, or until `isOver` says so after one of them. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    await turn();
    for (let next = this.heap[0]; next !== undefined && next.atMs <= untilMs; next = this.heap[0]) {
      this.pop();
      if (next.run === undefined) continue;
      this.currentMs = next.atMs;
      this.steps += 1;
      next.run();
      await turn();
      if (isOver()) return;
    }
    this.currentMs = Math.max(this.currentMs, untilMs);
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** One turn of the event loop: every promise that can go on has gone on before it is over. */
function turn(): Promise<void> {
  // oxlint-disable-next-line no-restricted-globals -- real time goes on here so that virtual time can
  return new Promise((resolve) => setImmediate(resolve));
}
