import type { Checkpoint } from '@irqmesh/event-log';
import type { SqliteConnection } from './better-sqlite3.ts';

/** The table's one row: where in which log the other tables stand. */
export class SqliteCheckpoint {
  private readonly select;
  private readonly replace;

  constructor(connection: SqliteConnection) {
    this.select = connection.prepare('SELECT createdMs, sequence, eventId FROM checkpoint').raw();
    this.replace = connection.prepare('INSERT OR REPLACE INTO checkpoint (id, createdMs, sequence, eventId) VALUES (1, ?, ?, ?)');
  }

  read(): Checkpoint | undefined {
    const row = this.select.get() as [createdMs: number, sequence: number, eventId: string] | undefined;
    if (row === undefined) return undefined;
    const [createdMs, sequence, eventId] = row;
    return { createdMs, sequence, eventId };
  }

  write({ createdMs, sequence, eventId }: Checkpoint): void {
    this.replace.run(createdMs, sequence, eventId);
  }
}
