import { errors } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { CommandError } from '../command-error.ts';

/** What a host's agent reports of itself; the parts that the demo uses. */
export interface HostState {
  readonly counts: Readonly<Record<'off' | 'remapped' | 'posted' | 'masked', number>>;
  readonly registerLatenciesUs: readonly number[];
}

/** What came of a VM's boot or shutdown. */
export interface VmChange {
  readonly vectors: number;
  readonly refusals: readonly { readonly token: string; readonly errno: number; readonly message: string }[];
}

type Reply = { readonly ok: true } | { readonly ok: false; readonly errno: number; readonly message: string };

/** Longer than a service that was killed takes to come back. */
const REQUEST_TIMEOUT_MS = 65_000;

/** Asks simulated hosts, on `irqmesh.sim.<host>.<operation>`. */
export class HostControl {
  private readonly nats: NatsConnection;

  constructor(nats: NatsConnection) {
    this.nats = nats;
  }

  boot(host: string, vm: string): Promise<VmChange> {
    return this.ask(host, 'boot', { vm });
  }

  shutdown(host: string, vm: string): Promise<VmChange> {
    return this.ask(host, 'shutdown', { vm });
  }

  mask(host: string, bdf: string, index: number): Promise<unknown> {
    return this.ask(host, 'mask', { bdf, index });
  }

  unmask(host: string, bdf: string, index: number): Promise<unknown> {
    return this.ask(host, 'unmask', { bdf, index });
  }

  /** Registers a second producer on the vector's token. @returns what the call returned */
  duplicate(host: string, bdf: string, index: number): Promise<{ readonly result: number; readonly message: string }> {
    return this.ask(host, 'duplicate', { bdf, index });
  }

  state(host: string): Promise<HostState> {
    return this.ask(host, 'state', {});
  }

  private async ask<T>(host: string, operation: string, body: object): Promise<T> {
    const reply = await this.request(host, operation, JSON.stringify(body));
    if (!reply.ok) throw new CommandError(`${host}: ${operation} failed: ${reply.message}`);
    return reply as T;
  }

  private async request(host: string, operation: string, payload: string): Promise<Reply> {
    try {
      const message = await this.nats.request(`irqmesh.sim.${host}.${operation}`, payload, { timeout: REQUEST_TIMEOUT_MS });
      return message.json<Reply>();
    } catch (cause) {
      if (cause instanceof errors.RequestError && cause.isNoResponders()) throw new CommandError(`${host}: ${operation} failed: no host-agent runs`, undefined, { cause });
      if (cause instanceof errors.TimeoutError) throw new CommandError(`${host}: ${operation} had no answer within ${REQUEST_TIMEOUT_MS / 1000} s`, undefined, { cause });
      throw cause;
    }
  }
}
