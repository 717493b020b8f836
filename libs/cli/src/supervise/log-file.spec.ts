import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lastLines, LogFileReader } from './log-file.ts';

let dir = '';
let file = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'irqmesh-log-'));
  file = join(dir, 'matcher.log');
});

afterEach(() => rmSync(dir, { recursive: true }));

describe('LogFileReader', () => {
  it('reads what is added, whole lines only, from the file\'s end at the start', () => {
    appendFileSync(file, 'an earlier run\n');
    const reader = new LogFileReader(file);
    expect(reader.readNew()).toEqual([]);
    appendFileSync(file, 'one\ntw');
    expect(reader.readNew()).toEqual(['one']);
    appendFileSync(file, 'o\n');
    expect(reader.readNew()).toEqual(['two']);
  });

  it('takes a file that is not there yet for empty', () => {
    const reader = new LogFileReader(file);
    expect(reader.readNew()).toEqual([]);
    appendFileSync(file, 'one\n');
    expect(reader.readNew()).toEqual(['one']);
  });
});

describe('lastLines', () => {
  it('shows JSON lines as level and message, others as they are, long ones cut', () => {
    appendFileSync(file, `first\n{"level":"fatal","msg":"the log has lost data","pid":1}\n{broken\n${'x'.repeat(400)}\n`);
    expect(lastLines(file, 3)).toEqual(['fatal: the log has lost data', '{broken', `${'x'.repeat(300)}…`]);
    expect(lastLines(join(dir, 'none.log'), 3)).toEqual([]);
  });
});
