import { Errno, IrqBypassError } from '@irqmesh/domain';

/** What a host can be asked to do, on `irqmesh.sim.<host>.<operation>`, with JSON as payload. */
export type ControlRequest =
  | { readonly operation: 'boot' | 'shutdown'; readonly vm: string }
  | { readonly operation: 'mask' | 'unmask' | 'duplicate'; readonly bdf: string; readonly index: number }
  | { readonly operation: 'state' };

const PAYLOAD_MAX_BYTES = 4096;
const NAME_MAX_CHARACTERS = 256;
const INDEX_MAX = 2047; // MSI-X has at most 2,048 vectors

/**
 * Reads a request.
 * @throws IrqBypassError -EINVAL for an unknown operation or a bad payload, -EMSGSIZE for one above 4 KiB
 */
export function parseRequest(operation: string, payload: Uint8Array): ControlRequest {
  switch (operation) {
    case 'state':
      return { operation };
    case 'boot':
    case 'shutdown':
      return { operation, vm: textField(parsePayload(payload), 'vm') };
    case 'mask':
    case 'unmask':
    case 'duplicate': {
      const fields = parsePayload(payload);
      return { operation, bdf: textField(fields, 'bdf'), index: indexField(fields) };
    }
    default:
      throw invalid(`there is no operation ${JSON.stringify(operation.slice(0, NAME_MAX_CHARACTERS))}; there are boot, shutdown, mask, unmask, duplicate and state`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parsePayload(payload: Uint8Array): Fields {
  if (payload.length > PAYLOAD_MAX_BYTES) throw new IrqBypassError(Errno.EMSGSIZE, `a request may have ${PAYLOAD_MAX_BYTES} bytes, this one has ${payload.length}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw new IrqBypassError(Errno.EINVAL, 'the payload is not JSON in UTF-8', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('the payload must be a JSON object');
  return value as Fields;
}

function textField(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '' && value.length <= NAME_MAX_CHARACTERS) return value;
  throw invalid(`"${name}" must be a text of 1 to ${NAME_MAX_CHARACTERS} characters`);
}

function indexField({ index }: Fields): number {
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index <= INDEX_MAX) return index;
  throw invalid(`"index" must be a whole number from 0 to ${INDEX_MAX}`);
}

function invalid(message: string): IrqBypassError {
  return new IrqBypassError(Errno.EINVAL, message);
}
