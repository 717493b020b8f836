import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { HeapWatch } from '../engine/heap.ts';
import { BATCH, batchOf, shrink } from '../engine/inputs.ts';
import { judge } from '../engine/judge.ts';
import type { Problem } from '../engine/judge.ts';
import { pasteable } from '../engine/show.ts';
import { AT_INPUT, MAKING, RUNS } from './messages.ts';
import type { WorkerMessage, WorkerTask } from './messages.ts';

/** The heap is measured after so many batches; the first ones fill caches. */
const BATCHES_PER_MEASUREMENT = 10;
/** Inputs of one cause that are told; further ones are passed over. */
const MAX_OF_CAUSE = 3;

/** Runs the task's inputs one after the other. */
export function runInputs(target: FuzzTarget, task: WorkerTask, send: (message: WorkerMessage) => void): void {
  new InputRun(target, task, send).run();
  send({ kind: 'done' });
}

class InputRun {
  private readonly heap = new HeapWatch();
  private readonly causes = new Map<string, number>();

  constructor(
    private readonly target: FuzzTarget,
    private readonly task: WorkerTask,
    private readonly send: (message: WorkerMessage) => void,
  ) {}

  /** At least one batch, however little time is left: a target that ran nothing would look sound. */
  run(): void {
    const { from, to, untilMs } = this.task;
    for (let batch = Math.floor(from / BATCH); batch * BATCH < to; batch++) {
      this.runBatch(batch);
      if (Date.now() >= untilMs) return;
      if ((batch + 1) % BATCHES_PER_MEASUREMENT === 0 && !this.heapHolds((batch + 1) * BATCH - 1)) return;
    }
  }

  private runBatch(batch: number): void {
    const { from, to, progress, seed } = this.task;
    const counts = { inputs: 0, accepted: 0, refused: 0, slowestMs: 0 };
    Atomics.store(progress, AT_INPUT, Math.max(from, batch * BATCH));
    Atomics.store(progress, MAKING, 1);
    Atomics.add(progress, RUNS, 1);
    const made = batchOf(this.target, seed, batch);
    Atomics.store(progress, MAKING, 0);
    for (const [at, input] of made.entries()) {
      const inputNumber = batch * BATCH + at;
      if (inputNumber < from || inputNumber >= to) continue;
      Atomics.store(progress, AT_INPUT, inputNumber);
      Atomics.add(progress, RUNS, 1);
      const { outcome, ms, problem } = judge(this.target, input);
      counts.inputs += 1;
      counts.slowestMs = Math.max(counts.slowestMs, ms);
      if (problem !== undefined) this.report(inputNumber, input, problem);
      else if (outcome !== undefined) counts[outcome] += 1;
    }
    this.send({ kind: 'batch', ...counts, growthBytes: this.heap.growthBytes });
  }

  private report(inputNumber: number, input: unknown, problem: Problem): void {
    const known = this.causes.get(problem.cause) ?? 0;
    this.causes.set(problem.cause, known + 1);
    if (known >= MAX_OF_CAUSE) return;
    const { target, task } = this;
    const smallest = known > 0 ? undefined : shrink(target, task.seed, inputNumber, { input, problem, tries: 0 }, () => Atomics.add(task.progress, RUNS, 1));
    const { kind, sentence } = smallest?.problem ?? problem;
    this.send({ kind: 'finding', finding: { target: target.name, kind, inputNumber, sentence, input: smallest === undefined ? undefined : pasteable(smallest.input) } });
  }

  private heapHolds(inputNumber: number): boolean {
    const sentence = this.heap.measure();
    if (sentence === undefined) return true;
    this.send({ kind: 'finding', finding: { target: this.target.name, kind: 'memory', inputNumber, sentence, input: undefined } });
    return false;
  }
}
