import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FoldHistory } from '../../test-support/fold-histories.ts';
import { readModelContract } from '../../test-support/read-model-contract.ts';
import { BATCH_TOKENS, waitingBatch } from '../../test-support/waiting-batch.ts';
import type { SqliteConnection } from './better-sqlite3.ts';
import { ReadModelError } from './port.ts';
import { SqliteReadModel } from './sqlite-read-model.ts';

const Database = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => SqliteConnection;
const PAGE_BYTES = 4_096;

let folder: string;
let file: string;
let warnings: string[];
let open: SqliteReadModel[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irqmesh-read-model-'));
  file = join(folder, 'state', 'registry.sqlite');
  warnings = [];
  open = [];
});
afterEach(async () => {
  for (const model of open) await model.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openModel(restingLimit?: number): Promise<SqliteReadModel> {
  const limit = restingLimit === undefined ? {} : { restingLimit };
  const model = await SqliteReadModel.open({ file, onWarning: (message) => warnings.push(message), ...limit });
  open.push(model);
  return model;
}

async function closeModel(model: SqliteReadModel): Promise<void> {
  open.splice(open.indexOf(model), 1);
  await model.close();
}

/** A closed file with 2,000 tokens in it. */
async function writtenFile(): Promise<void> {
  const model = await openModel();
  await model.write(waitingBatch(0, 2_000));
  await closeModel(model);
}

function change(sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

function rowsOf(sql: string): unknown[] {
  const database = new Database(file);
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}

/** Overwrites everything but the first page, which names the tables. */
function damagePages(): void {
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xa5, PAGE_BYTES));
}

async function expectToWork(model: SqliteReadModel): Promise<void> {
  await model.write(waitingBatch(0, 10));
  expect((await model.load())!.snapshot.tokens).toHaveLength(10);
  expect(await model.list({ side: 'producer', afterSequence: 0, limit: 100 })).toHaveLength(10);
}

function expectSetAside(): void {
  expect(warnings).toEqual([expect.stringMatching(/^the read model .*registry\.sqlite is damaged \(.+\); it is kept as .*registry\.sqlite\.corrupt/)]);
  expect(existsSync(`${file}.corrupt`)).toBe(true);
}

describe('SqliteReadModel', () => {
  readModelContract(async ({ restingLimit }) => {
    let model = await openModel(restingLimit);
    const reopen = async () => {
      await closeModel(model);
      return (model = await openModel(restingLimit));
    };
    return {
      // Whoever asks for it after a reopen gets the one that is open.
      get model() {
        return model;
      },
      reopen,
      dispose: async () => {
        if (warnings.length > 0) throw new Error(warnings.join('\n'));
      },
    };
  }, 25);
});

describe('the file of a SqliteReadModel', () => {
  it('makes its folder, and leaves nothing but the file when closed', async () => {
    await writtenFile();
    expect(existsSync(file)).toBe(true);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it('says in its tables who is registered and paired, and remembers only participants that are neither', async () => {
    const model = await openModel();
    const history = new FoldHistory();
    const common = { token: 'a', result: 0 };
    const settle = { ...common, kind: 'settle', side: 'producer', who: 0 } as const;
    history.perform({ ...common, kind: 'register', side: 'producer', who: 0 });
    history.perform({ ...common, kind: 'register', side: 'consumer', who: 1 });
    await model.write(history.takeBatch());
    history.perform(settle);
    await model.write(history.takeBatch());
    await closeModel(model);
    expect(rowsOf('SELECT sequence, side, token, host, session, participantId, irq FROM registrations')).toEqual([
      { sequence: 1, side: 'producer', token: 'a', host: 'h1', session: 's1', participantId: 'p0', irq: 100 },
      { sequence: 2, side: 'consumer', token: 'a', host: 'h2', session: 's1', participantId: 'p1', irq: null },
    ]);
    expect(rowsOf('SELECT * FROM pairs')).toEqual([{ token: 'a', producerSequence: 1, consumerSequence: 2, connectedBySequence: 2 }]);
    expect(rowsOf('SELECT * FROM participants')).toEqual([]);

    const again = await openModel();
    history.perform({ ...common, kind: 'unregister', side: 'producer', who: 0 });
    history.perform(settle);
    await again.write(history.takeBatch());
    await closeModel(again);
    expect(rowsOf('SELECT sequence FROM registrations')).toEqual([{ sequence: 2 }]);
    expect(rowsOf('SELECT * FROM pairs')).toEqual([]);
    expect(rowsOf('SELECT key FROM participants')).toEqual([{ key: 'producer h1 s1 p0' }]);
  });

  it('uses the indexes for what is listed by host and looked up by token', async () => {
    await writtenFile();
    const planOf = (condition: string) => JSON.stringify(rowsOf(`EXPLAIN QUERY PLAN SELECT * FROM registrations WHERE ${condition} ORDER BY sequence`));
    expect(planOf(`host = 'h' AND side = 'producer' AND sequence > 5`)).toMatch(/USING INDEX \S+ \(host=\? AND side=\? AND rowid>\?\)"}\]$/);
    expect(planOf(`token = 't'`)).toMatch(/USING INDEX \S+ \(token=\?\)"}\]$/);
  });
});

describe('a damaged file', () => {
  it('that is no database is set aside', async () => {
    await writtenFile();
    writeFileSync(file, 'not a database, and longer than the header of one would be: '.repeat(100));
    const model = await openModel();
    expectSetAside();
    expect(await model.load()).toBeUndefined();
    await expectToWork(model);
  });

  it('that is cut off is set aside, in place of the one before', async () => {
    await writtenFile();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    writeFileSync(`${file}.corrupt`, 'of last week');
    writeFileSync(`${file}.corrupt-wal`, 'of last week');
    const model = await openModel();
    expectSetAside();
    expect(readFileSync(`${file}.corrupt`).subarray(0, 15).toString()).toBe('SQLite format 3');
    expect(existsSync(`${file}.corrupt-wal`)).toBe(false);
    expect(await model.load()).toBeUndefined();
    await expectToWork(model);
  });

  it('is set aside by the load that finds it', async () => {
    await writtenFile();
    damagePages();
    const model = await openModel();
    expect(await model.load()).toBeUndefined();
    expectSetAside();
    await expectToWork(model);
  });

  it('with a row that cannot be read is set aside as well', async () => {
    await writtenFile();
    change(`UPDATE token_states SET state = substr(state, 1, 20) WHERE token = 'host-a/boot-1/eventfd-7'`);
    const model = await openModel();
    expect(await model.load()).toBeUndefined();
    expectSetAside();
    expect(warnings[0]).toContain('eventfd-7');
    await expectToWork(model);
  });

  it('found by a write takes no more of them, since what was before is missing, until a load', async () => {
    await writtenFile();
    damagePages();
    const model = await openModel();
    await expect(model.write(waitingBatch(2_000, 10))).rejects.toThrow(/is damaged and was set aside; start again/);
    expectSetAside();
    await expect(model.write(waitingBatch(2_010, 10))).rejects.toThrow(ReadModelError);
    await expect(model.get('producer', 'host-a/boot-1/eventfd-7')).rejects.toThrow(ReadModelError);
    expectSetAside();
    expect(await model.load()).toBeUndefined();
    await expectToWork(model);
  });

  it('found by several at once is set aside once', async () => {
    await writtenFile();
    damagePages();
    const model = await openModel();
    const query = { side: 'producer', afterSequence: 0, limit: 10 } as const;
    const found = await Promise.allSettled([model.list(query), model.get('producer', 'host-a/boot-1/eventfd-7'), model.list(query)]);
    expect(found.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expectSetAside();
    expect(await model.load()).toBeUndefined();
    await expectToWork(model);
  });

  it('can be reset', async () => {
    await writtenFile();
    damagePages();
    const model = await openModel();
    await model.reset();
    expect(await model.load()).toBeUndefined();
    await expectToWork(model);
  });
});

describe('a file', () => {
  it('of another schema version is emptied', async () => {
    await writtenFile();
    change('PRAGMA user_version = 99; ALTER TABLE pairs ADD COLUMN later text; CREATE TABLE later (id integer)');
    const model = await openModel();
    expect(warnings).toEqual([expect.stringMatching(/has schema version 99, this is 1: it is emptied/)]);
    expect(await model.load()).toBeUndefined();
    await expectToWork(model);
  });

  it('whose making was cut short is made anew', async () => {
    await writtenFile();
    change('PRAGMA user_version = 0; DROP TABLE checkpoint');
    const model = await openModel();
    expect(warnings).toEqual([]);
    await expectToWork(model);
  });

  it('of another program is refused and left alone', async () => {
    await writtenFile();
    rmSync(file);
    change('CREATE TABLE customers (id integer)');
    const before = readFileSync(file);
    await expect(openModel()).rejects.toThrow(/is a database, but not one of irqmesh's; name another file/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('that cannot be made is refused', async () => {
    writeFileSync(join(folder, 'state'), '');
    await expect(openModel()).rejects.toThrow(/^the read model .*registry\.sqlite cannot be used: .*(EEXIST|ENOTDIR)/);
  });
});

describe('a file and its processes', () => {
  const script = fileURLToPath(new URL('../../test-support/hold-read-model.ts', import.meta.url));
  let child: ChildProcess | undefined;

  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) await killChild();
  });

  async function killChild(): Promise<void> {
    const exited = once(child!, 'exit');
    child!.kill('SIGKILL');
    await exited;
  }

  /** Starts a process that writes to the file, and waits until it has written some batches. */
  async function startWriter(batches: number): Promise<void> {
    child = spawn(process.execPath, ['--conditions=irqmesh-source', '--no-warnings', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    for await (const chunk of child.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      output += String(chunk);
      if (output.split('\n').length > batches) break;
    }
  }

  it('is refused to a second one, with a word that helps', async () => {
    await startWriter(1);
    await expect(openModel()).rejects.toThrow(/registry\.sqlite is in use by another process; each instance needs a file of its own/);
  }, 20_000);

  it('is refused to a second reader in the same process', async () => {
    await openModel();
    await expect(openModel()).rejects.toThrow(/is in use by another process/);
  });

  it.each([1, 3, 8])('holds whole batches and their checkpoint after a SIGKILL behind batch %d', async (batches) => {
    await startWriter(batches);
    await killChild();
    const model = await openModel();
    expect(warnings).toEqual([]);
    const { checkpoint, snapshot } = (await model.load())!;
    expect(checkpoint.sequence).toBeGreaterThanOrEqual(batches * BATCH_TOKENS);
    expect(checkpoint.sequence % BATCH_TOKENS).toBe(0);
    expect(snapshot.tokens).toHaveLength(checkpoint.sequence);
    await model.write(waitingBatch(checkpoint.sequence, 10));
  }, 20_000);
});
