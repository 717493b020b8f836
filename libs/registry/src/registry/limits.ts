/** How much a registry takes. Each has an answer at the bound; `docs/limits.md` lists them all. */
export interface RegistryLimits {
  /** Tokens with anything registered or open; one more is refused with -ENOMEM. */
  readonly maxTokens: number;
  /** Sessions that are known to be alive; one more may not register: -ENOMEM. */
  readonly maxSessions: number;
  /** Registrations of one session on this side; one more is refused with -ENOMEM. */
  readonly maxRegistrationsPerSession: number;
  /** Operations in the log that wait for the matcher; beyond, a register is asked to come back later. */
  readonly maxOpenOperations: number;
  /** Items of calls that are being carried out; beyond, an item is asked to come back later. */
  readonly maxItemsUnderWay: number;
}

/** When to come back if operations wait for the matcher: it takes a while until it has caught up. */
export const OPERATIONS_RETRY_AFTER_MS = 1_000;
/** When to come back if too much is under way. */
export const ITEMS_RETRY_AFTER_MS = 250;
