import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Injectable } from '@nestjs/common';
import { Ctx, MessagePattern, NatsContext, Payload } from '@nestjs/microservices';
import { connect, headers } from '@nats-io/transport-node';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { of, switchMap, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import { decodeGetReply, decodeGetRequest, decodeListReply, encodeGetReply, encodeGetRequest, MAX_PAYLOAD_BYTES } from '@irqmesh/protocol';
import type { NatsSettings } from '../config/settings.ts';
import { Readiness } from '../health/readiness.ts';
import { createLogger } from '../logging/logger.ts';
import { connectNats } from '../nats/connect-nats.ts';
import { startNatsServer } from '../nats-server/index.ts';
import type { NatsServer } from '../nats-server/index.ts';
import { answer } from '../transport/rpc.ts';
import type { RpcReply, RpcRequest } from '../transport/rpc.ts';
import { ServiceApp } from './service-app.ts';

/** Stands for a service's logic, and shows that injection works in the tests as in the build. */
@Injectable()
class Registry {
  release: () => void = () => {};
  readonly held = new Promise<void>((resolve) => (this.release = resolve));
  calls = 0;
}

@Controller()
class EchoController {
  constructor(private readonly registry: Registry) {}

  @MessagePattern('irqmesh.rpc.producer.register.*')
  async echo(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply> {
    this.registry.calls += 1;
    const seen = { subject: context.getSubject(), contentType: request.contentType, traceparent: request.traceparent, bytes: [...request.payload.subarray(0, 8)], length: request.payload.length };
    return json(seen);
  }

  @MessagePattern('irqmesh.rpc.producer.get.*')
  get(@Payload() request: RpcRequest): Promise<RpcReply> {
    return answer(request, decodeGetRequest, ({ token }) => ({ failure: new IrqBypassError(Errno.ENOENT, `nobody holds ${token}`) }), encodeGetReply);
  }

  @MessagePattern('irqmesh.rpc.producer.unregister.*')
  stream(): Observable<RpcReply> {
    return of(json('first'), json('second'));
  }

  @MessagePattern('irqmesh.rpc.producer.result.*')
  async held(): Promise<RpcReply> {
    await this.registry.held;
    return json('held');
  }

  @MessagePattern('irqmesh.rpc.producer.invoke')
  fault(): Observable<RpcReply> {
    throw new Error('a secret detail');
  }

  @MessagePattern('irqmesh.rpc.producer.list.*')
  tooMuch(): RpcReply {
    return { payload: new Uint8Array(2 * 1024 * 1024), contentType: 'application/protobuf' };
  }

  @MessagePattern('irqmesh.rpc.consumer.get.*')
  async silent(): Promise<undefined> {}

  @MessagePattern('irqmesh.rpc.consumer.list.*')
  async endsBadly(): Promise<Observable<RpcReply>> {
    return timer(5).pipe(switchMap(() => throwError(() => new IrqBypassError(Errno.ENODEV, 'it has left'))));
  }
}

class EchoModule {}

function json(value: unknown): RpcReply {
  return { payload: new TextEncoder().encode(JSON.stringify(value)), contentType: 'application/json' };
}

interface Started {
  readonly app: ServiceApp;
  readonly registry: Registry;
  readonly readiness: Readiness;
  readonly url: string;
}

let server: NatsServer;
let client: NatsConnection;
let lines: { level: string; msg: string; err?: { message: string; stack: string } }[] = [];
let started: Started[] = [];
const logger = createLogger({ service: 's', instance: 'i', version: '0', level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });

beforeAll(async () => {
  server = await startNatsServer({ jetstream: false });
  client = await connect({ servers: server.url });
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

beforeEach(() => {
  lines = [];
});

afterEach(async () => {
  for (const { app } of started) await app.close();
  started = [];
});

const SHARED = { queue: 'producer-registry' };
const EVERY_INSTANCE = { queue: undefined };

async function start({ queue }: { queue: string | undefined } = SHARED): Promise<Started> {
  const registry = new Registry();
  const readiness = new Readiness();
  const nats: NatsSettings = { servers: [server.url], user: undefined, password: undefined, credsFile: undefined, waitMs: 5000 };
  const app = await ServiceApp.create({
    module: { module: EchoModule, controllers: [EchoController], providers: [{ provide: Registry, useValue: registry }] },
    http: { host: '127.0.0.1', port: 0 },
    logger,
    readiness,
    rpc: { queue, connect: () => connectNats(nats, { name: 'test', logger }), onRefused: (error) => logger.error(error.message) },
  });
  const port = await app.listen();
  const one = { app, registry, readiness, url: `http://127.0.0.1:${port}` };
  started.push(one);
  return one;
}

async function startTaking(sharing?: { queue: string | undefined }): Promise<Started> {
  const one = await start(sharing);
  await one.app.takeCalls();
  return one;
}

function call(subject: string, payload: Uint8Array | string = '', fields: Record<string, string> = {}): Promise<Msg> {
  const sent = headers();
  for (const [name, value] of Object.entries(fields)) sent.set(name, value);
  return client.request(subject, payload, { timeout: 5000, headers: sent });
}

describe('calls', () => {
  it('hands payload, headers and subject to the handler as they are, and its reply back', async () => {
    const { registry } = await startTaking();
    const reply = await call('irqmesh.rpc.producer.register.host-a', new Uint8Array([0, 255, 123, 10]), { 'Content-Type': 'application/protobuf', traceparent: '00-abc' });
    expect(reply.json()).toEqual({ subject: 'irqmesh.rpc.producer.register.host-a', contentType: 'application/protobuf', traceparent: '00-abc', bytes: [0, 255, 123, 10], length: 4 });
    expect(reply.headers!.get('content-type')).toBe('application/json');
    expect(registry.calls).toBe(1);
  });

  it('takes an empty payload without headers', async () => {
    await startTaking();
    const reply = await client.request('irqmesh.rpc.producer.register.host-a');
    expect(reply.json()).toEqual({ subject: 'irqmesh.rpc.producer.register.host-a', bytes: [], length: 0 });
  });

  it('carries protobuf and JSON alike', async () => {
    await startTaking();
    const binary = await call('irqmesh.rpc.producer.get.h', encodeGetRequest({ token: 'a/b' }));
    expect(binary.headers!.get('content-type')).toBe('application/protobuf');
    expect(decodeGetReply(binary.data, 'application/protobuf').failure).toMatchObject({ errno: Errno.ENOENT, message: expect.stringContaining('nobody holds a/b') });
    const json = await call('irqmesh.rpc.producer.get.h', '{"token":"a/b"}', { 'content-type': 'application/json' });
    expect(json.headers!.get('content-type')).toBe('application/json');
    expect(json.json()).toEqual({ failure: { errno: -2, code: 'ENOENT', message: 'nobody holds a/b' } });
  });

  it('replies once, with the first value of a stream', async () => {
    await startTaking();
    const inbox = 'test.inbox';
    const replies: unknown[] = [];
    const subscription = client.subscribe(inbox, { callback: (_error, message) => void replies.push(message.json()) });
    client.publish('irqmesh.rpc.producer.unregister.h', '', { reply: inbox });
    await call('irqmesh.rpc.producer.register.h');
    await sleep(20);
    subscription.unsubscribe();
    expect(replies).toEqual(['first']);
  });

  it('shares the calls among the instances of a queue group, each answered once', async () => {
    const [one, other] = [await startTaking(), await startTaking()];
    await Promise.all(Array.from({ length: 100 }, () => call('irqmesh.rpc.producer.register.h')));
    expect(one.registry.calls + other.registry.calls).toBe(100);
    expect(Math.min(one.registry.calls, other.registry.calls)).toBeGreaterThan(10);
  });

  it('lets every instance hear a call where there is no queue group, and stay silent', async () => {
    const [one, other] = [await startTaking(EVERY_INSTANCE), await startTaking(EVERY_INSTANCE)];
    await call('irqmesh.rpc.producer.register.h');
    await expect(client.request('irqmesh.rpc.consumer.get.h', '', { timeout: 100 })).rejects.toThrow('timeout');
    expect([one.registry.calls, other.registry.calls]).toEqual([1, 1]);
  });

  it('drops what has no reply subject', async () => {
    const { registry } = await startTaking();
    client.publish('irqmesh.rpc.producer.register.h');
    await call('irqmesh.rpc.producer.register.h');
    expect(registry.calls).toBe(1);
  });
});

describe('failures', () => {
  it('answers a truncated payload with -EINVAL and stays up', async () => {
    await startTaking();
    const whole = encodeGetRequest({ token: 'token-of-some-length' });
    const { failure } = decodeGetReply((await call('irqmesh.rpc.producer.get.h', whole.subarray(0, 5))).data, 'application/protobuf');
    expect(failure).toMatchObject({ errno: Errno.EINVAL });
    expect(decodeGetReply((await call('irqmesh.rpc.producer.get.h', whole)).data, 'application/protobuf').failure).toMatchObject({ errno: Errno.ENOENT });
  });

  it('answers JSON with JSON, and a content type that it does not know as well', async () => {
    await startTaking();
    for (const type of ['application/json', 'text/html']) {
      const reply = await call('irqmesh.rpc.producer.get.h', '{"token":', { 'content-type': type });
      expect(reply.headers!.get('content-type')).toBe('application/json');
      expect(reply.json()).toMatchObject({ failure: { errno: -22, code: 'EINVAL', message: expect.any(String) } });
    }
  });

  it('answers the largest payload that NATS carries', async () => {
    await startTaking();
    const bytes = client.info!.max_payload - 100;
    expect((await call('irqmesh.rpc.producer.register.h', new Uint8Array(bytes))).json()).toMatchObject({ length: bytes });
    const reply = await call('irqmesh.rpc.producer.get.h', new Uint8Array(bytes));
    expect(bytes).toBeGreaterThan(MAX_PAYLOAD_BYTES);
    expect(decodeGetReply(reply.data, 'application/protobuf').failure).toMatchObject({ errno: Errno.EMSGSIZE });
  });

  it('tells the caller -EIO about a fault, and the log its cause', async () => {
    await startTaking();
    const reply = await call('irqmesh.rpc.producer.invoke', '', { 'content-type': 'application/json' });
    expect(reply.json()).toMatchObject({ items: [], failure: { errno: -5, code: 'EIO', message: 'the service could not carry out the call; its log says why' } });
    const logged = lines.filter(({ level }) => level === 'error');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ msg: 'a call failed', subject: 'irqmesh.rpc.producer.invoke', err: { message: 'a secret detail', stack: expect.stringContaining('fault') } });
  });

  it('answers a stream that fails later with its error', async () => {
    await startTaking();
    const { failure } = decodeListReply((await call('irqmesh.rpc.consumer.list.h')).data, 'application/protobuf');
    expect(failure).toMatchObject({ errno: Errno.ENODEV, message: expect.stringContaining('it has left') });
  });

  it('answers -EMSGSIZE in place of a reply that NATS cannot carry', async () => {
    await startTaking();
    expect(decodeListReply((await call('irqmesh.rpc.producer.list.h')).data, 'application/protobuf').failure).toMatchObject({ errno: Errno.EMSGSIZE });
  });

  it('takes a handler without a reply for a fault where nobody else would answer', async () => {
    await startTaking();
    expect(decodeGetReply((await call('irqmesh.rpc.consumer.get.h')).data, 'application/protobuf').failure).toMatchObject({ errno: Errno.EIO });
  });
});

describe('draining', () => {
  it('answers the calls under way, takes no others, and says so in readiness', async () => {
    const { app, registry, url } = await startTaking();
    const held = call('irqmesh.rpc.producer.result.h');
    await call('irqmesh.rpc.producer.register.h');
    const draining = app.drain(5000);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: false, checks: { calls: { ok: false, reason: 'shutting down' } } });
    await expect(call('irqmesh.rpc.producer.register.h')).rejects.toThrow('no responders');
    registry.release();
    expect(await draining).toBe(0);
    expect((await held).json()).toBe('held');
  });

  it('gives up after its time', async () => {
    const { app } = await startTaking();
    client.publish('irqmesh.rpc.producer.result.h', '', { reply: 'nobody' });
    await call('irqmesh.rpc.producer.register.h');
    expect(await app.drain(50)).toBe(1);
  });
});

describe('health', () => {
  it('tells that the process lives', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', uptimeMs: expect.any(Number), eventLoopDelayMaxMs: expect.any(Number) });
  });

  it('is ready once calls are taken and every check holds', async () => {
    const { app, readiness, url } = await start();
    let missing: string | undefined = 'reads 3 of 7';
    readiness.add({ name: 'log', check: () => missing });
    const before = await fetch(`${url}/readyz`);
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({ ready: false, checks: { calls: { ok: false, reason: 'not taking calls yet' }, log: { ok: false, reason: 'reads 3 of 7' } } });
    await app.takeCalls();
    missing = undefined;
    const after = await fetch(`${url}/readyz`);
    expect(after.status).toBe(200);
    expect(await after.json()).toEqual({ ready: true, checks: { calls: { ok: true }, log: { ok: true } } });
  });

  it('answers an unknown path with 404 and JSON', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/nowhere`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ statusCode: 404, message: 'Cannot GET /nowhere' });
  });
});
