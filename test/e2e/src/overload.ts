import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@irqmesh/client';
import type { IrqMeshClient, Registration } from '@irqmesh/client';
import { Errno, IrqBypassError } from '@irqmesh/domain';

export interface OverloadOptions {
  readonly natsUrl: string;
  /** How long each connect keeps the matcher waiting. */
  readonly callbackMs: number;
  /** How long a caller waits for its register. */
  readonly requestTimeoutMs: number;
}

/**
 * Registers pairs at a rate of its own, whether or not those before have been answered: consumers on one host, producers
 * on another. Every pair has a token of its own, and its connect takes a while.
 */
export class Overload {
  /** Tokens whose producer was acknowledged, and those whose caller was told that it took too long. */
  readonly acknowledged: string[] = [];
  readonly timedOut: string[] = [];
  /** Anything else that a caller was told. */
  readonly failures: string[] = [];
  offered = 0;
  private readonly consumers: IrqMeshClient;
  private readonly producers: IrqMeshClient;
  private readonly callbackMs: number;
  private readonly underWay = new Set<Promise<void>>();

  private constructor(consumers: IrqMeshClient, producers: IrqMeshClient, callbackMs: number) {
    this.consumers = consumers;
    this.producers = producers;
    this.callbackMs = callbackMs;
  }

  static async connect({ natsUrl, callbackMs, requestTimeoutMs }: OverloadOptions): Promise<Overload> {
    const log = { warn: () => {} };
    const open = (host: string): Promise<IrqMeshClient> => connect({ servers: natsUrl, host, log, requestTimeoutMs });
    return new Overload(await open('host-a'), await open('host-b'), callbackMs);
  }

  /** Offers `perSecond` pairs for `forMs`; `onSecond` is called once a second. */
  async offer(perSecond: number, forMs: number, onSecond: () => void): Promise<void> {
    const startMs = performance.now();
    let seconds = 0;
    for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startMs) {
      while (this.offered < (elapsedMs / 1_000) * perSecond) this.offerOne(`overload/${this.offered++}`);
      if (elapsedMs >= (seconds + 1) * 1_000) {
        seconds += 1;
        onSecond();
      }
      await sleep(10);
    }
  }

  /** Resolves when every caller has been answered. */
  async answered(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /** The tokens that the registries have a producer of, with its state. */
  async registered(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for await (const { token, state } of this.producers.list('producer')) found.set(token, state);
    return found;
  }

  async close(): Promise<void> {
    await this.answered();
    await Promise.all([this.consumers.close(), this.producers.close()]);
  }

  private offerOne(token: string): void {
    const pair = this.registerPair(token).then(
      () => void this.acknowledged.push(token),
      (error: unknown) => {
        if (error instanceof IrqBypassError && error.errno === Errno.ETIMEDOUT) this.timedOut.push(token);
        else this.failures.push(`${token}: ${(error as Error).message}`);
      },
    );
    this.underWay.add(pair);
    void pair.finally(() => this.underWay.delete(pair));
  }

  private async registerPair(token: string): Promise<Registration> {
    await this.consumers.registerConsumer({ token, addProducer: () => sleep(this.callbackMs), delProducer: () => {} });
    return this.producers.registerProducer({ token, irq: 1 });
  }
}

/** The resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) / 1_024;
}
