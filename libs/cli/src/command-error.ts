/** How `irqmesh` ends; 69 is EX_UNAVAILABLE of `sysexits.h`, 130 what shells report for Ctrl-C. */
export const ExitCode = {
  OK: 0,
  /** The command was understood and failed. */
  FAILED: 1,
  /** The command line was not understood. */
  USAGE: 2,
  /** Something that the command needs is not running. */
  UNAVAILABLE: 69,
  INTERRUPTED: 130,
} as const;

/** A failure whose message is all that its user needs: one sentence or a few lines, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.FAILED, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
