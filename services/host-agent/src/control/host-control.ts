import { types } from 'node:util';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { Logger } from '@irqmesh/platform';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Host } from '../simulation/host.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { parseRequest } from './request.ts';
import type { ControlRequest } from './request.ts';

/** Requests for one VM or vector that may wait. */
const WAITING_MAX = 64;

/**
 * Does what is asked for on `irqmesh.sim.<host>.<operation>` and answers in JSON: `{"ok":true,…}` with what came of it,
 * or `{"ok":false,"errno":-22,"message":"…"}`. Core NATS and a plain subscription: this is the knob of a simulation,
 * not a part of irqmesh's own calls.
 */
export class HostControl {
  private readonly host: Host;
  private readonly logger: Logger;
  private readonly subscription: Subscription;
  private readonly queue = new KeyedQueue(WAITING_MAX);
  private readonly underWay = new Set<Promise<void>>();

  constructor(name: string, host: Host, nats: NatsConnection, logger: Logger) {
    this.host = host;
    this.logger = logger;
    this.subscription = nats.subscribe(`irqmesh.sim.${name}.*`, { callback: (error, message) => this.onMessage(error, message) });
  }

  /** Takes no more requests. */
  stop(): void {
    this.subscription.unsubscribe();
  }

  /** Resolves when the requests under way are answered. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private onMessage(error: Error | null, message: Msg): void {
    if (error !== null) return this.logger.error({ err: error }, 'the control subject failed');
    const answer = this.answer(message).finally(() => this.underWay.delete(answer));
    this.underWay.add(answer);
  }

  private async answer(message: Msg): Promise<void> {
    const operation = message.subject.split('.').at(-1)!;
    try {
      const result = await this.carryOut(parseRequest(operation, message.data));
      message.respond(JSON.stringify({ ok: true, ...result }));
    } catch (error) {
      const { errno, message: sentence } = this.asBypassError(error, operation);
      message.respond(JSON.stringify({ ok: false, errno, message: sentence }));
    }
  }

  private carryOut(request: ControlRequest): Promise<object> {
    const { host, logger, queue } = this;
    switch (request.operation) {
      case 'state':
        return Promise.resolve(host.report());
      case 'boot':
      case 'shutdown': {
        const { operation, vm } = request;
        logger.info({ vm }, operation === 'boot' ? 'booting a VM' : 'shutting a VM down');
        return queue.run(vm, () => (operation === 'boot' ? host.bootVm(vm) : host.shutdownVm(vm)));
      }
      case 'mask':
      case 'unmask':
      case 'duplicate': {
        const { operation, bdf, index } = request;
        const vector = host.vector(bdf, index);
        logger.info({ bdf, index, token: vector.place.kvmToken }, `${operation} vector`);
        return queue.run(`${bdf} vector ${index}`, async () => {
          if (operation === 'duplicate') return { ...(await vector.duplicate()), token: vector.place.kvmToken };
          await (operation === 'mask' ? vector.mask() : vector.unmask());
          return { state: vector.state, token: vector.place.kvmToken };
        });
      }
    }
  }

  private asBypassError(error: unknown, operation: string): IrqBypassError {
    if (error instanceof IrqBypassError) {
      this.logger.warn({ operation }, `refused: ${error.message}`);
      return error;
    }
    this.logger.error({ err: error, operation }, 'a control request failed');
    const reason = types.isNativeError(error) ? error.message : String(error);
    return new IrqBypassError(Errno.EIO, `${operation} failed: ${reason}`);
  }
}
