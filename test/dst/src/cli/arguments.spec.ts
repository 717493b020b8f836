import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@irqmesh/test-cli';
import { parseCommandLine } from './arguments.ts';

const parse = (line: string) => parseCommandLine(line.split(' ').filter((word) => word !== ''));

describe('the command line', () => {
  test('of a range', () => {
    expect(parse('--seeds 3..9 --jobs 2 --profile brutal --without reply_lost,partition --hosts 2')).toMatchObject({
      kind: 'seeds', first: 3, last: 9, jobs: 2, firstFailure: false, choice: { profile: 'brutal', limits: { hosts: 2 }, without: new Set(['reply_lost', 'partition']) },
    });
    expect(parse('--seeds 7..7 --first-failure')).toMatchObject({ first: 7, last: 7, firstFailure: true, choice: { profile: 'swarm' } });
  });

  test('of one seed', () => {
    expect(parse('--seed 12 --trace run.txt --load-ms 9000 --registries 1 --matchers 2')).toMatchObject({ kind: 'seed', seed: 12, trace: 'run.txt', choice: { limits: { loadMs: 9_000, registries: 1, matchers: 2 } } });
  });

  test.each([
    ['', 'give one of --seeds'],
    ['--seeds 1..2 --seed 3', 'give one of --seeds'],
    ['--seeds 9..3', 'ends before it begins'],
    ['--seeds 1-5', 'takes a range such as'],
    ['--seed x', '--seed takes a whole number'],
    ['--seed 1 --profile wild', 'there is no profile "wild": calm, swarm, brutal'],
    ['--seed 1 --without rain', 'there is no fault "rain"'],
    ['--seeds 1..2 --trace file', '--trace goes with --seed'],
    ['--seed 1 --jobs 2', '--jobs goes with --seeds'],
    ['--seeds 1..2 --jobs 0', '--jobs takes a whole number from 1'],
    ['--seed 1 --hosts 9', '--hosts takes a whole number from 1 to 3'],
    ['--seed 1 --registries 3', '--registries takes a whole number from 1 to 2'],
    ['--regressions --matchers 1', '--regressions runs what the file says'],
    ['--regressions --hosts 1', '--regressions runs what the file says'],
    ['--sead 1', "Unknown option '--sead'"],
  ])('%j is refused', (line, message) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(message);
  });
});
