import { rename, rm } from 'node:fs/promises';
import { DataSource } from 'typeorm';
import { sqliteCode } from './better-sqlite3.ts';
import type { SqliteConnection } from './better-sqlite3.ts';
import { isDamage } from './damage.ts';
import { CheckpointEntity } from './entities/checkpoint-row.ts';
import { PairEntity } from './entities/pair-row.ts';
import { ParticipantEntity } from './entities/participant-row.ts';
import { RegisteredEntity } from './entities/registered-row.ts';
import { TokenStateEntity } from './entities/token-state-row.ts';
import { ReadModelError } from './port.ts';

/**
 * Changes with every change to the tables or to what is encoded in them; a file of another version is emptied.
 * It stands in the file's header (`user_version`), where it can be read before any table is.
 */
export const SCHEMA_VERSION = 1;

/** Marks a file as ours in its header: "irqm". Another program's database is never touched. */
const APPLICATION_ID = 0x6972716d;

/** How long to wait for a process that still holds the file: one that is being replaced needs a moment to end. */
const BUSY_TIMEOUT_MS = 2_000;

/** An open file: TypeORM for the tables and the queries, its connection for what handles many rows at once. */
export interface SqliteDatabase {
  readonly dataSource: DataSource;
  readonly connection: SqliteConnection;
}

/**
 * Opens a file, and makes it and its folder if they are not there. The file is locked for other processes as long as it
 * is open. A damaged file is set aside and a new one begun.
 * @throws ReadModelError when the file is in use, is another program's, or cannot be opened.
 */
export async function openDatabase(file: string, onWarning: (message: string) => void): Promise<SqliteDatabase> {
  try {
    return await tryOpen(file, onWarning);
  } catch (error) {
    if (!isDamage(error)) throw asReadModelError(file, error);
    await setAside(file, error, onWarning);
  }
  try {
    return await tryOpen(file, onWarning);
  } catch (error) {
    throw asReadModelError(file, error);
  }
}

/** The file and what SQLite keeps beside it; found beside another file, that would be taken for a part of it. */
const SUFFIXES = ['', '-wal', '-journal'];

/** Removes a file. It must be closed. */
export async function removeDatabase(file: string): Promise<void> {
  for (const suffix of SUFFIXES) await rm(file + suffix, { force: true });
}

/** Renames a damaged file to `FILE.corrupt`, in place of an earlier one. It must be closed. */
export async function setAside(file: string, damage: unknown, onWarning: (message: string) => void): Promise<void> {
  const aside = `${file}.corrupt`;
  await removeDatabase(aside);
  for (const suffix of SUFFIXES) {
    await rename(file + suffix, aside + suffix).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw asReadModelError(file, error);
    });
  }
  onWarning(`the read model ${file} is damaged (${messageOf(damage)}); it is kept as ${aside} and built anew from the log`);
}

async function tryOpen(file: string, onWarning: (message: string) => void): Promise<SqliteDatabase> {
  let connection: SqliteConnection | undefined;
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    database: file,
    timeout: BUSY_TIMEOUT_MS,
    entities: [TokenStateEntity, RegisteredEntity, PairEntity, ParticipantEntity, CheckpointEntity],
    prepareDatabase: (opened: SqliteConnection) => {
      connection = opened;
      prepare(opened, file);
    },
  });
  try {
    await dataSource.initialize();
    if (connection === undefined) throw new Error('TypeORM did not hand out its connection');
    await makeTables(dataSource, connection, file, onWarning);
    return { dataSource, connection };
  } catch (error) {
    // After a failed start TypeORM would leave the file open, and locked.
    if (connection?.open === true) connection.close();
    throw error;
  }
}

/** Takes the file for this process alone and sets how it is written. */
function prepare(connection: SqliteConnection, file: string): void {
  // Exclusive, and before the first access: then no other process can read or write it, and the log's index is kept in
  // memory. Each instance folds at a pace of its own, so a shared file would hold neither's state.
  connection.pragma('locking_mode = EXCLUSIVE');
  const applicationId = connection.pragma('application_id', { simple: true });
  if (applicationId !== APPLICATION_ID) {
    if (applicationId !== 0 || tableNames(connection).length > 0) {
      throw new ReadModelError(`${file} is a database, but not one of irqmesh's; name another file for the read model`);
    }
    connection.pragma(`application_id = ${APPLICATION_ID}`);
  }
  connection.pragma('journal_mode = WAL');
  // A power cut may lose the last batches, whole ones; they are read from the log again.
  connection.pragma('synchronous = NORMAL');
}

async function makeTables(dataSource: DataSource, connection: SqliteConnection, file: string, onWarning: (message: string) => void): Promise<void> {
  const version = Number(connection.pragma('user_version', { simple: true }));
  if (version === SCHEMA_VERSION) return;
  // Version 0 with tables is a file whose making was cut short: there is nothing in it to speak of.
  if (version !== 0) onWarning(`the read model ${file} has schema version ${version}, this is ${SCHEMA_VERSION}: it is emptied and built anew from the log`);
  for (const name of tableNames(connection)) connection.exec(`DROP TABLE "${name}"`);
  await dataSource.synchronize();
  connection.pragma(`user_version = ${SCHEMA_VERSION}`);
}

function tableNames(connection: SqliteConnection): string[] {
  return connection.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).pluck().all() as string[];
}

/** What SQLite refused, with the file's name and, where it is known, what helps. Other errors are returned as they are. */
export function asReadModelError(file: string, error: unknown): unknown {
  const code = sqliteCode(error) ?? (error as { readonly code?: unknown }).code;
  if (error instanceof ReadModelError || typeof code !== 'string') return error;
  const message = code.startsWith('SQLITE_BUSY')
    ? `the read model ${file} is in use by another process; each instance needs a file of its own`
    : `the read model ${file} cannot be used: ${messageOf(error)} (${code})`;
  return new ReadModelError(message, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
