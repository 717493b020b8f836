import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TcpProxy } from './tcp-proxy.ts';

let upstream: Server;
let proxy: TcpProxy;
let atServer: Socket[];
let clients: Socket[];

beforeEach(async () => {
  atServer = [];
  clients = [];
  upstream = createServer((socket) => {
    atServer.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  proxy = await TcpProxy.listen(() => (upstream.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.close();
  for (const socket of atServer) socket.destroy();
  await new Promise((resolve) => upstream.close(resolve));
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  socket.on('error', () => {});
  clients.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Sends, and waits for the echo. */
async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

describe('the proxy before NATS', () => {
  test('passes on what both sides send', async () => {
    const socket = await open();
    expect(await echo(socket, 'PING')).toBe('PING');
    expect(await echo(socket, 'again')).toBe('again');
  });

  test('cuts connections on both sides and refuses new ones, until it is restored', async () => {
    const socket = await open();
    await echo(socket, 'PING');
    const closed = Promise.all([once(socket, 'close'), once(atServer[0]!, 'close')]);
    proxy.cut();
    await closed;
    const refused = await open();
    await once(refused, 'close');
    expect(atServer).toHaveLength(1);
    proxy.restore();
    expect(await echo(await open(), 'PING')).toBe('PING');
  });

  test('holds back what is sent while the connection stays open, and delivers it later', async () => {
    const socket = await open();
    await echo(socket, 'PING');
    proxy.hold();
    let heard = '';
    socket.on('data', (data) => (heard += String(data)));
    socket.write('late');
    await sleep(100);
    expect({ heard, open: !socket.destroyed }).toEqual({ heard: '', open: true });
    const delivered = once(socket, 'data');
    proxy.restore();
    await delivered;
    expect(heard).toBe('late');
  });

  test('refuses a connection while nothing listens behind it', async () => {
    const lonely = await TcpProxy.listen(() => undefined);
    const socket = connect(Number(new URL(lonely.url).port), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
    await lonely.close();
  });
});
