import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TcpProxy } from '../bus/tcp-proxy.ts';
import { Member } from './member.ts';
import type { Program } from './member.ts';

/** A program that says that it is there and ends as its first word tells; without one it counts until it is ended. */
const SCRIPT = `
const [how] = process.argv.slice(2);
process.on('SIGTERM', () => process.exit(how === 'stay' ? 0 : 1));
console.log('there');
if (how !== 'stay') setTimeout(() => process.exit(Number(how)), 20);
let count = 0;
setInterval(() => console.log(++count), 20);
`;

class Sample extends Member {
  readonly told: string[] = [];
  readonly befell: string[] = [];
  how = 'stay';
  private readonly script: string;

  constructor(proxy: TcpProxy, script: string) {
    super('sample', proxy);
    this.script = script;
  }

  override async isReady(): Promise<boolean> {
    return this.told.includes('there');
  }

  protected program(): Program {
    return { script: this.script, args: [this.how], environment: {} };
  }

  protected took(line: string, incarnation: string): void {
    this.told.push(line);
    if (line === 'there') this.befell.push(`${incarnation} there`);
  }

  protected override wasKilled(): void {
    this.befell.push(`${this.incarnation} killed`);
  }

  protected override wasPaused(): void {
    this.befell.push(`${this.incarnation} paused`);
  }
}

let folder: string;
let sample: Sample;
let proxy: TcpProxy;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irqmesh-member-'));
  const script = join(folder, 'sample.mjs');
  await writeFile(script, SCRIPT);
  proxy = await TcpProxy.listen(() => undefined);
  sample = new Sample(proxy, script);
});

afterEach(async () => {
  await sample.kill();
  await proxy.close();
  await rm(folder, { recursive: true, force: true });
});

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const untilMs = performance.now() + 10_000; !holds(); await sleep(10)) if (performance.now() > untilMs) throw new Error(`not within 10 s: ${what}`);
}

describe('a process under the nemesis', () => {
  test('that is killed or stopped in order surprises nobody, and has a new incarnation each time', async () => {
    sample.start();
    await until('it is there', () => sample.told.includes('there'));
    await sample.kill();
    expect(sample.isRunning).toBe(false);
    sample.start();
    await until('it is there again', () => sample.befell.includes('sample#2 there'));
    await sample.stop();
    expect(sample.befell).toEqual(['sample#1 there', 'sample#1 killed', 'sample#2 there', 'sample#2 killed']);
    expect(sample.surprises).toEqual([]);
  });

  test('that ends by itself is a surprise, and is started again all the same', async () => {
    sample.how = '74';
    sample.start();
    await until('it has been started again', () => sample.befell.includes('sample#2 there'));
    expect(sample.surprises[0]).toMatch(/^sample#1 ended by itself with 74/);
  });

  test('that ends because NATS was not there is no surprise', async () => {
    sample.how = '69';
    sample.start();
    await until('it has been started again', () => sample.befell.includes('sample#2 there'));
    expect(sample.surprises).toEqual([]);
  });

  test('that does not end well when it is told to stop is a surprise', async () => {
    sample.how = '999999';
    await writeFile(join(folder, 'sample.mjs'), SCRIPT.replace("Number(how)), 20)", '1), 60000)'));
    sample.start();
    await until('it is there', () => sample.told.includes('there'));
    await sample.stop();
    expect(sample.surprises).toEqual(['sample#1 ended with 1 when it was told to stop']);
  });

  test('stands still while it is paused, and goes on', async () => {
    sample.start();
    await until('it counts', () => sample.told.includes('3'));
    sample.pause();
    await sleep(100);
    const told = sample.told.length;
    await sleep(200);
    expect(sample.told).toHaveLength(told);
    sample.resume();
    await until('it counts on', () => sample.told.length > told + 2);
    expect(sample.befell).toEqual(['sample#1 there', 'sample#1 paused']);
  });
});
