import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger as NestFacade } from '@nestjs/common';
import { Errno, IrqBypassError } from '@irqmesh/domain';
import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';
import { NestLogger } from './nest-logger.ts';

let lines: Record<string, unknown>[];
let logger: Logger;

beforeEach(() => {
  lines = [];
  logger = createLogger({ service: 'matcher', instance: 'a', version: '1.2.3', level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
});

describe('createLogger', () => {
  it('writes one JSON object a line, with who wrote it', () => {
    logger.info({ token: 't' }, 'connected');
    expect(lines).toEqual([{ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), service: 'matcher', instance: 'a', version: '1.2.3', token: 't', msg: 'connected' }]);
  });

  it('leaves out what is below its level', () => {
    logger.trace('x');
    expect(lines).toEqual([]);
  });

  it('writes an error with errno, code and causes', () => {
    logger.error({ err: new IrqBypassError(Errno.EBUSY, 'taken', { cause: new Error('the deeper reason') }) }, 'refused');
    expect(lines[0]!['err']).toMatchObject({ type: 'IrqBypassError', errno: -16, code: 'EBUSY', message: expect.stringContaining('taken'), stack: expect.stringContaining('the deeper reason') });
  });
});

describe('NestLogger', () => {
  beforeEach(() => NestFacade.overrideLogger(new NestLogger(logger)));

  it('takes Nest lines with their context', () => {
    new NestFacade('Somewhere').warn('careful');
    expect(lines[0]).toMatchObject({ level: 'warn', context: 'Somewhere', msg: 'careful' });
  });

  it('takes errors with their stack', () => {
    new NestFacade('Somewhere').error(new Error('broken'));
    expect(lines[0]).toMatchObject({ level: 'error', context: 'Somewhere', msg: 'broken', err: { stack: expect.stringContaining('broken') } });
    new NestFacade('Somewhere').error('broken too', 'Error: broken too\n  at here');
    expect(lines[1]).toMatchObject({ level: 'error', context: 'Somewhere', msg: 'broken too', details: ['Error: broken too\n  at here'] });
  });

  it('holds the steps of building an application for details', () => {
    new NestFacade('InstanceLoader').log('module initialized');
    new NestFacade('Service').log('started');
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'info']);
  });
});
