/** What is used of better-sqlite3's connection, which comes without types. Everything is synchronous. */
export interface SqliteConnection {
  readonly open: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
  /** A function that runs `work` in a transaction, and rolls it back when `work` throws. */
  transaction<Arguments extends readonly unknown[]>(work: (...values: Arguments) => void): { immediate(...values: Arguments): void };
  pragma(source: string, options?: { readonly simple?: boolean }): unknown;
  close(): void;
}

export interface SqliteStatement {
  run(...values: readonly SqliteValue[]): { readonly changes: number };
  /** Rows come as arrays from now on. */
  raw(): this;
  /** Only the first column of each row comes from now on. */
  pluck(): this;
  get(...values: readonly SqliteValue[]): unknown;
  all(...values: readonly SqliteValue[]): unknown[];
  /** Reads row by row; the connection can do nothing else until the last. */
  iterate(...values: readonly SqliteValue[]): IterableIterator<unknown>;
}

export type SqliteValue = string | number | null;

/** SQLite's name for what went wrong, `SQLITE_BUSY` and the like, if `error` came from SQLite. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // TypeORM wraps what the driver throws.
  const { code, driverError } = error as Error & { readonly code?: unknown; readonly driverError?: unknown };
  if (driverError !== undefined && driverError !== error) return sqliteCode(driverError);
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}
