import { PermissionViolationError } from '@nats-io/nats-core';
import type { NatsConnection, QueuedIterator, Status } from '@nats-io/nats-core';

/** What a log wants to know about its connection. */
export interface ConnectionListener {
  onLost(): void;
  onBack(): void;
  /** The server does not permit a publication on this subject. */
  onPublicationRefused(subject: string, error: Error): void;
  /** For good. Not called after `stop`. */
  onClosed(): void;
}

/**
 * Follows a connection until it is closed.
 * @returns ends the following
 */
export function watchConnection(connection: NatsConnection, listener: ConnectionListener): { stop(): void } {
  // The client types the iterator without its `stop`, without which the listener would stay with the connection.
  const statuses = connection.status() as QueuedIterator<Status>;
  let stopped = false;
  const follow = async (): Promise<void> => {
    for await (const status of statuses) {
      if (stopped) return;
      if (status.type === 'disconnect') listener.onLost();
      else if (status.type === 'reconnect') listener.onBack();
      else if (status.type === 'error' && status.error instanceof PermissionViolationError && status.error.operation === 'publish') {
        listener.onPublicationRefused(status.error.subject, status.error);
      }
    }
    if (!stopped) listener.onClosed();
  };
  void follow();
  return {
    stop: () => {
      stopped = true;
      statuses.stop();
    },
  };
}
