/** The results that a case makes add callbacks return: `fail_next_add`. */
export class AddFaults {
  private readonly armed = new Map<string, { ret: number; left: number }>();

  arm(id: string, ret: number, count: number): void {
    this.armed.set(id, { ret, left: count });
  }

  /** What this invocation of the participant's add callback returns; only an invocation uses up a fault. */
  next(id: string): number {
    const fault = this.armed.get(id);
    if (fault === undefined || fault.left === 0) return 0;
    fault.left -= 1;
    return fault.ret;
  }
}
