import type { NatsConnection } from '@nats-io/transport-node';

/** Whether a connection has a server at the moment; the client itself does not tell. Ends with the connection. */
export class ConnectionState {
  private lost = new AbortController();

  constructor(connection: NatsConnection) {
    void this.follow(connection);
  }

  get connected(): boolean {
    return !this.lost.signal.aborted;
  }

  /** Aborts when the server is lost; a connection that came back has a new one. */
  get lostSignal(): AbortSignal {
    return this.lost.signal;
  }

  private async follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.lost.abort();
      else if (type === 'reconnect') this.lost = new AbortController();
    }
    this.lost.abort();
  }
}
