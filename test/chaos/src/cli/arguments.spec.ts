import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@irqmesh/test-cli';
import { ALL_KINDS } from '../nemesis/nemesis-kinds.ts';
import { parseCommandLine } from './arguments.ts';

describe('the command line of chaos', () => {
  test('runs a minute of everything against a cluster unless told otherwise', () => {
    expect(parseCommandLine([])).toEqual({ kind: 'run', forMs: 60_000, seed: 1, kinds: ALL_KINDS, nats: 'cluster', hosts: 3 });
  });

  test('takes what it says', () => {
    const argv = ['--minutes', '0.5', '--nemesis', 'nats_killed,agent_paused', '--nats', 'both', '--seed', '7', '--hosts', '5'];
    expect(parseCommandLine(argv)).toEqual({ kind: 'run', forMs: 30_000, seed: 7, kinds: ['agent_paused', 'nats_killed'], nats: 'both', hosts: 5 });
    expect(parseCommandLine(['--nemesis', 'none'])).toMatchObject({ kinds: [] });
    expect(parseCommandLine(['--help'])).toEqual({ kind: 'help' });
    expect(parseCommandLine(['--list'])).toEqual({ kind: 'kinds' });
  });

  test.each([
    [['--minutes', '0'], /--minutes takes/],
    [['--minutes', 'x'], /--minutes takes/],
    [['--nemesis', 'flood'], /does not know "flood"/],
    [['--nats', 'two'], /single, cluster, both/],
    [['--hosts', '9'], /from 1 to 8/],
    [['--seed', '-1'], /--seed/],
    [['--minute', '1'], /--minute/],
    [['more'], /more/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommandLine(argv)).toThrow(UsageError);
    expect(() => parseCommandLine(argv)).toThrow(message);
  });
});
