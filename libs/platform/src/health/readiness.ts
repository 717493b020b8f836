import { types } from 'node:util';

/** Something that must hold before a service is ready. */
export interface ReadinessCheck {
  readonly name: string;
  /** Returns what is missing, as words for people; undefined when nothing is. */
  check(): string | undefined | Promise<string | undefined>;
}

export interface CheckReport {
  readonly ok: boolean;
  readonly reason?: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckReport>>;
}

const CHECK_TIMEOUT_MS = 1000;

/** All that a service must have to be ready. */
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  add(check: ReadinessCheck): void {
    if (this.checks.has(check.name)) throw new Error(`there is a readiness check "${check.name}" already`);
    this.checks.set(check.name, check);
  }

  /** Runs every check; one that does not answer within a second, or throws, is not ok. */
  async report(): Promise<ReadinessReport> {
    const entries = await Promise.all([...this.checks.values()].map(async (check) => [check.name, await run(check)] as const));
    return { ready: entries.every(([, { ok }]) => ok), checks: Object.fromEntries(entries) };
  }
}

async function run(check: ReadinessCheck): Promise<CheckReport> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`the check did not answer within ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
  });
  try {
    const reason = await Promise.race([check.check(), silence]);
    return reason === undefined ? { ok: true } : { ok: false, reason };
  } catch (error) {
    return { ok: false, reason: types.isNativeError(error) ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
