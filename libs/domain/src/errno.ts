/**
 * The kernel's error numbers that irqmesh uses, as the negative results the kernel returns.
 * Names and numbers are those of `include/uapi/asm-generic/errno*.h`.
 */
export const Errno = {
  ENOENT: -2,
  EIO: -5,
  EAGAIN: -11,
  ENOMEM: -12,
  EACCES: -13,
  EBUSY: -16,
  ENODEV: -19,
  EINVAL: -22,
  EMSGSIZE: -90,
  ETIMEDOUT: -110,
  ESTALE: -116,
} as const;

export type ErrnoName = keyof typeof Errno;

const NAMES = new Map<number, ErrnoName>(Object.entries(Errno).map(([name, number]) => [number, name as ErrnoName]));

/** `-16` → `EBUSY`; undefined for a number irqmesh has no name for (drivers may return any). */
export function errnoName(result: number): ErrnoName | undefined {
  return NAMES.get(result);
}

/** `-16` → `-16 (EBUSY)`, `66311` → `66311`, `0` → `0`. */
export function formatResult(result: number): string {
  const name = errnoName(result);
  return name === undefined ? String(result) : `${result} (${name})`;
}

/**
 * A refused or failed operation: the kernel's error number and a sentence that helps.
 * `errno` is the result as the kernel would return it: negative as a rule, positive where a driver returned that.
 */
export class IrqBypassError extends Error {
  override readonly name = 'IrqBypassError';
  readonly errno: number;
  /** `EBUSY`, … or undefined when a driver returned a number of its own. */
  readonly code: ErrnoName | undefined;

  constructor(errno: number, message: string, options?: ErrorOptions) {
    super(`${formatResult(errno)}: ${message}`, options);
    this.errno = errno;
    this.code = errnoName(errno);
  }
}

/** -EAGAIN from a service that is at one of its bounds: nothing was done; ask again after `retryAfterMs`. */
export class BusyError extends IrqBypassError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(Errno.EAGAIN, message);
    this.retryAfterMs = retryAfterMs;
  }
}
