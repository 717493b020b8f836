import { DEFAULT_FOLD_LIMITS } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import { isDamage } from './damage.ts';
import { RegisteredEntity } from './entities/registered-row.ts';
import { TokenStateEntity } from './entities/token-state-row.ts';
import type { TokenStateRow } from './entities/token-state-row.ts';
import { ReadModelError } from './port.ts';
import type { ReadModel, ReadModelBatch, RegistrationQuery, RegistrationRow, StoredFold } from './port.ts';
import { newestOf, registrationRows } from './registration-rows.ts';
import { SqliteBatchWriter } from './sqlite-batch-writer.ts';
import { asReadModelError, openDatabase, removeDatabase, setAside } from './sqlite-database.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { readFold } from './sqlite-fold-reader.ts';
import { endOfPrefix } from './token-prefix.ts';
import { decodeTokenState } from './token-state-codec.ts';

export interface SqliteReadModelOptions {
  /** The file, this process's own. It and its folder are made if they are not there. */
  readonly file: string;
  /** Told in a sentence when a damaged file was set aside or one of another version emptied. */
  readonly onWarning: (message: string) => void;
  /** How many participants at rest are kept; as many as the fold keeps unless given. */
  readonly restingLimit?: number;
}

interface OpenFile extends SqliteDatabase {
  readonly writer: SqliteBatchWriter;
}

/**
 * The read model in a SQLite file, through TypeORM. SQLite works in the calling thread: a batch keeps it for 50 to 90 µs
 * for each token, so batches of a few hundred let the service answer in between.
 */
export class SqliteReadModel implements ReadModel {
  /** Undefined after damage was found: then nothing is answered or written until `load` or `reset` begins a new file. */
  private open: OpenFile | undefined;
  private readonly options: SqliteReadModelOptions;

  private constructor(options: SqliteReadModelOptions, open: OpenFile) {
    this.options = options;
    this.open = open;
  }

  /** @throws ReadModelError when the file is in use by another process, is another program's, or cannot be opened. */
  static async open(options: SqliteReadModelOptions): Promise<SqliteReadModel> {
    return new SqliteReadModel(options, await openFile(options));
  }

  async load(): Promise<StoredFold | undefined> {
    const open = (this.open ??= await openFile(this.options));
    try {
      return readFold(open.connection);
    } catch (error) {
      if (!isDamage(error)) throw asReadModelError(this.options.file, error);
      await this.discard(open, error);
      this.open = await openFile(this.options);
      return undefined;
    }
  }

  async write(batch: ReadModelBatch): Promise<void> {
    await this.use(({ writer }) => writer.write(batch));
  }

  async list({ side, host, tokenPrefix = '', afterSequence, limit }: RegistrationQuery): Promise<RegistrationRow[]> {
    return this.use(async ({ dataSource }) => {
      // One statement, so that no batch comes between a registration and its token's state.
      const query = dataSource
        .getRepository(RegisteredEntity)
        .createQueryBuilder('registration')
        .innerJoin(TokenStateEntity.options.name, 'state', 'state.token = registration.token')
        .select(['state.token AS token', 'state.state AS state', 'registration.sequence AS sequence'])
        .where('registration.side = :side AND registration.sequence > :afterSequence', { side, afterSequence });
      if (host !== undefined) query.andWhere('registration.host = :host', { host });
      if (tokenPrefix !== '') query.andWhere('registration.token >= :tokenPrefix', { tokenPrefix });
      const tokenEnd = endOfPrefix(tokenPrefix);
      if (tokenEnd !== undefined) query.andWhere('registration.token < :tokenEnd', { tokenEnd });
      const found = await query.orderBy('registration.sequence').limit(limit).getRawMany<TokenStateRow & { readonly sequence: number }>();
      return found.flatMap((row) => rowsOf(row).filter(({ registration }) => registration.sequence === row.sequence));
    });
  }

  async get(side: Side, token: string): Promise<RegistrationRow | undefined> {
    return this.use(async ({ dataSource }) => {
      const row = await dataSource.getRepository(TokenStateEntity).findOneBy({ token });
      return row === null ? undefined : newestOf(rowsOf(row), side);
    });
  }

  async reset(): Promise<void> {
    const { open } = this;
    this.open = undefined;
    await open?.dataSource.destroy();
    await removeDatabase(this.options.file);
    this.open = await openFile(this.options);
  }

  async close(): Promise<void> {
    await this.open?.dataSource.destroy();
  }

  /** Runs `work` on the open file; sets the file aside when `work` finds it damaged. */
  private async use<Result>(work: (open: OpenFile) => Result | Promise<Result>): Promise<Result> {
    const { file } = this.options;
    const { open } = this;
    if (open === undefined) throw new ReadModelError(`the read model ${file} was damaged and set aside; start again to build it anew from the log`);
    try {
      return await work(open);
    } catch (error) {
      if (!isDamage(error)) throw asReadModelError(file, error);
      await this.discard(open, error);
      throw new ReadModelError(`the read model ${file} is damaged and was set aside; start again to build it anew from the log`, { cause: error });
    }
  }

  private async discard(open: OpenFile, damage: unknown): Promise<void> {
    // Several queries may find the same damage; the file of this name is another one once the first has set it aside.
    if (this.open !== open) return;
    this.open = undefined;
    await open.dataSource.destroy();
    await setAside(this.options.file, damage, this.options.onWarning);
  }
}

async function openFile({ file, onWarning, restingLimit = DEFAULT_FOLD_LIMITS.restingParticipants }: SqliteReadModelOptions): Promise<OpenFile> {
  const database = await openDatabase(file, onWarning);
  return { ...database, writer: new SqliteBatchWriter(database.connection, restingLimit) };
}

function rowsOf({ token, state }: TokenStateRow): RegistrationRow[] {
  return registrationRows(decodeTokenState(token, state));
}
