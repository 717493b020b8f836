/*
 * A process of its own that uses a read model's file, run by the tests with Node: FILE as the first argument. It writes
 * batches of BATCH_TOKENS tokens each until it is killed, and a line to its output after each.
 */
import { SqliteReadModel } from '../src/read-model/sqlite-read-model.ts';
import { BATCH_TOKENS, waitingBatch } from './waiting-batch.ts';

const model = await SqliteReadModel.open({ file: process.argv[2]!, onWarning: (message) => console.error(message) });
for (let batch = 0; ; batch++) {
  await model.write(waitingBatch(batch * BATCH_TOKENS, BATCH_TOKENS));
  console.log(batch);
  // Lets the output out: SQLite never waits.
  await new Promise((resolve) => setImmediate(resolve));
}
