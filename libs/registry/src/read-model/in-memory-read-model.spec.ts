import { describe } from '@jest/globals';
import { readModelContract } from '../../test-support/read-model-contract.ts';
import { InMemoryReadModel } from './in-memory-read-model.ts';

describe('InMemoryReadModel', () => {
  readModelContract(async ({ restingLimit }) => {
    const model = new InMemoryReadModel(restingLimit);
    const reopen = async () => (await model.close(), model);
    return { model, reopen, dispose: () => model.close() };
  }, 150);
});
