import { describe, expect, it } from '@jest/globals';
import { Progress } from './progress.ts';

class Output {
  readonly written: string[] = [];
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.written.push(text);
  }
}

describe('progress', () => {
  it('is a bar on a terminal, redrawn ten times a second and taken away at the end', () => {
    const output = new Output(true);
    let nowMs = 1000;
    const progress = new Progress('exporting', output, () => nowMs);
    for (let done = 0; done <= 500; done++) {
      progress.update(done, 1000);
      nowMs += 1;
    }
    progress.end();
    expect(output.written).toHaveLength(6);
    expect(output.written[4]).toBe('\r\u001b[Kexporting [############............] 50 %, 500 of 1000 events, 1000 events/s, 500 ms left');
    expect(output.written.at(-1)).toBe('\r\u001b[K');
  });

  it('is a line every five seconds elsewhere', () => {
    const output = new Output(false);
    let nowMs = 0;
    const progress = new Progress('checking', output, () => nowMs);
    for (nowMs = 0; nowMs <= 12_000; nowMs += 1000) progress.update(nowMs, 1_000_000);
    progress.end();
    expect(output.written).toEqual([
      'irqmesh: checking 0 %, 5000 of 1000000 events, 1000 events/s, 17 min left\n',
      'irqmesh: checking 1 %, 10000 of 1000000 events, 1000 events/s, 17 min left\n',
    ]);
  });

  it('knows nothing of what is left before the first event, and is done with none', () => {
    const output = new Output(false);
    let nowMs = 0;
    const progress = new Progress('checking', output, () => nowMs);
    nowMs = 6000;
    progress.update(0, 0);
    expect(output.written).toEqual(['irqmesh: checking 100 %, 0 of 0 events, 0 events/s\n']);
  });
});
