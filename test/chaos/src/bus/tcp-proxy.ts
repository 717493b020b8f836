import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Where the proxy connects to next; undefined when nothing listens there now. */
export type ChooseUpstream = () => number | undefined;

const HOST = '127.0.0.1';

/**
 * Stands between one process and NATS, on the loopback interface. It can cut the connection, refuse new ones, and hold
 * back what is sent while the connection stays open.
 */
export class TcpProxy {
  private readonly server: Server;
  private readonly choose: ChooseUpstream;
  private readonly links = new Set<Link>();
  private refusing = false;
  private holding = false;

  private constructor(choose: ChooseUpstream) {
    this.choose = choose;
    this.server = createServer((client) => this.accept(client));
  }

  static async listen(choose: ChooseUpstream): Promise<TcpProxy> {
    const proxy = new TcpProxy(choose);
    await new Promise<void>((resolve, reject) => {
      proxy.server.once('error', reject);
      proxy.server.listen(0, HOST, resolve);
    });
    return proxy;
  }

  get url(): string {
    return `nats://${HOST}:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection, and refuses new ones until `restore`. */
  cut(): void {
    this.refusing = true;
    for (const link of this.links) link.end();
  }

  /** Holds back everything in both directions; the connections stay open, and both ends believe in them. */
  hold(): void {
    this.holding = true;
    for (const link of this.links) link.hold();
  }

  /** Lets new connections in, and everything through that was held back. */
  restore(): void {
    this.refusing = false;
    this.holding = false;
    for (const link of this.links) link.release();
  }

  async close(): Promise<void> {
    for (const link of this.links) link.end();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(client: Socket): void {
    const port = this.refusing ? undefined : this.choose();
    if (port === undefined) {
      client.destroy();
      return;
    }
    const link: Link = new Link(client, connect(port, HOST), () => this.links.delete(link));
    this.links.add(link);
    if (this.holding) link.hold();
  }
}

/** One connection through the proxy: ends as a whole when either side ends. */
class Link {
  private readonly sockets: readonly [Socket, Socket];
  private held = false;

  constructor(client: Socket, upstream: Socket, onEnd: () => void) {
    this.sockets = [client, upstream];
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      from.setNoDelay(true);
      from.on('data', (data) => {
        // The other side takes no more for now.
        if (!to.write(data) && !this.held) {
          from.pause();
          to.once('drain', () => this.held || from.resume());
        }
      });
      // A reset is what a cut connection looks like.
      from.on('error', () => this.end());
      from.on('close', () => {
        this.end();
        onEnd();
      });
    }
  }

  hold(): void {
    this.held = true;
    for (const socket of this.sockets) socket.pause();
  }

  release(): void {
    this.held = false;
    for (const socket of this.sockets) socket.resume();
  }

  end(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
