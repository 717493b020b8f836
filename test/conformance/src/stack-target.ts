import type { Target } from './target.ts';
import type { Observation, TraceCase } from './trace.ts';

export class StackTarget implements Target {
  readonly name = 'stack';
  readonly skipTags = ['null_token', 'alloc'];

  static async start(): Promise<StackTarget> {
    return new StackTarget();
  }

  async run(_trace: TraceCase): Promise<Observation> {
    throw new Error('not built yet');
  }

  async close(): Promise<void> {}
}
