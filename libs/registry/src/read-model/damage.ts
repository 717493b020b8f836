import { sqliteCode } from './better-sqlite3.ts';

/** What SQLite says of a file that is cut off or overwritten, or is no database at all. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/;

/** A row whose text cannot be read back. */
export class DamagedRowError extends Error {
  override readonly name = 'DamagedRowError';
}

/** Whether the file itself is broken, so that another attempt would meet the same. */
export function isDamage(error: unknown): boolean {
  return error instanceof DamagedRowError || DAMAGE.test(sqliteCode(error) ?? '');
}
