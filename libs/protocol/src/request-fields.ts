import { Errno, IrqBypassError } from '@irqmesh/domain';
import { numberFromUint64 } from './convert.ts';

/** The most items a batch may hold: a device has up to 2,048 vectors. */
export const MAX_ITEMS = 2048;

/** The longest request id and quiesce group, in characters. */
const MAX_NAME_LENGTH = 64;

const PRINTABLE = /^[\x21-\x7e]{1,64}$/;

/** @throws IrqBypassError -EINVAL unless `id` is 1 to 64 printable ASCII characters without spaces. */
export function parseRequestId(id: string, field = 'request_id'): string {
  if (PRINTABLE.test(id)) return id;
  throw new IrqBypassError(Errno.EINVAL, `${field} must be 1 to ${MAX_NAME_LENGTH} printable ASCII characters without spaces`);
}

/** @throws IrqBypassError -EINVAL unless `group` is absent or 1 to 64 printable ASCII characters without spaces. */
export function parseQuiesceGroup(group: string | undefined): string | undefined {
  if (group === undefined || PRINTABLE.test(group)) return group;
  throw new IrqBypassError(Errno.EINVAL, `quiesce_group must be 1 to ${MAX_NAME_LENGTH} printable ASCII characters without spaces`);
}

/** @throws IrqBypassError -EINVAL for a request without its deadline. */
export function parseDeadline(deadlineUnixMs: bigint): number {
  const deadlineMs = numberFromUint64(deadlineUnixMs, 'deadline_unix_ms');
  if (deadlineMs > 0) return deadlineMs;
  throw new IrqBypassError(Errno.EINVAL, 'deadline_unix_ms is missing; it is the time, in milliseconds since 1970, after which nothing is decided');
}

/** @throws IrqBypassError -EINVAL for no items, -EMSGSIZE for more than `MAX_ITEMS`. */
export function checkItemCount(count: number): void {
  if (count === 0) throw new IrqBypassError(Errno.EINVAL, 'the request holds no items');
  if (count > MAX_ITEMS) throw new IrqBypassError(Errno.EMSGSIZE, `the request holds ${count} items, the limit is ${MAX_ITEMS}; send it in parts`);
}

/** One item of a batch: what it says, or why it is refused. One bad item does not spoil the others. */
export type ParsedItem<Item> =
  | { readonly value: Item; readonly error?: undefined }
  | {
      readonly value?: undefined;
      /** As it was sent, cut to 64 characters, so that the answer can name it. */
      readonly requestId: string;
      readonly error: IrqBypassError;
    };

/** Parses each item by itself; errors that are not the item's fault are thrown on. */
export function parseItems<Wire, Item>(items: readonly Wire[], requestIdOf: (item: Wire) => string, parse: (item: Wire) => Item): ParsedItem<Item>[] {
  checkItemCount(items.length);
  return items.map((item) => {
    try {
      return { value: parse(item) };
    } catch (error) {
      if (error instanceof IrqBypassError) return { requestId: requestIdOf(item).slice(0, MAX_NAME_LENGTH), error };
      throw error;
    }
  });
}

/** Refuses a request id that the batch has used before; make one for each batch. */
export function uniqueRequestIds(): (requestId: string) => string {
  const seen = new Set<string>();
  return (requestId) => {
    parseRequestId(requestId);
    if (seen.has(requestId)) throw new IrqBypassError(Errno.EINVAL, `request_id ${JSON.stringify(requestId)} stands twice in the batch`);
    seen.add(requestId);
    return requestId;
  };
}
