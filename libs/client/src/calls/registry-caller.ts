import type { Side } from '@irqmesh/domain';
import type {
  BatchMessage, GetReplyMessage, ListReplyMessage, ListRequestMessage, RegisterItemMessage, RegistryReplyMessage, ResultItemMessage, UnregisterItemMessage,
} from '@irqmesh/protocol';

/** No reply came to a request. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  /** False when nobody was there to take the request; true when somebody may have taken it, or may yet. */
  readonly mayArrive: boolean;

  constructor(message: string, mayArrive: boolean, options?: ErrorOptions) {
    super(message, options);
    this.mayArrive = mayArrive;
  }
}

/**
 * Requests to the registries about the registrations of one host.
 * Each method rejects with NoAnswerError when no reply came within `timeoutMs`, with an IrqBypassError -EIO for a reply
 * that cannot be read, and -EACCES where this host may not ask.
 */
export interface RegistryCaller {
  register(side: Side, batch: BatchMessage<RegisterItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage>;
  unregister(side: Side, batch: BatchMessage<UnregisterItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage>;
  result(side: Side, batch: BatchMessage<ResultItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage>;
  list(side: Side, request: ListRequestMessage, timeoutMs: number): Promise<ListReplyMessage>;
  get(side: Side, token: string, timeoutMs: number): Promise<GetReplyMessage>;
}
