/** The development NATS server could not be found, started or stopped; the message is a sentence for a person. */
export class NatsServerError extends Error {
  override readonly name = 'NatsServerError';
}
