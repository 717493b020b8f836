import { describe, expect, it } from '@jest/globals';
import { formatWarning, MAX_WARNINGS_PER_SOURCE, printable, WarningLog } from './warning.ts';

describe('WarningLog', () => {
  it('lists warnings in the order of their lines', () => {
    const log = new WarningLog('a.txt');
    log.warn(7, 'late');
    log.notice(2, 'early', 4);
    expect(log.list()).toEqual([
      { source: 'a.txt', line: 2, lastLine: 4, level: 'notice', reason: 'early' },
      { source: 'a.txt', line: 7, level: 'warning', reason: 'late' },
    ]);
  });

  it('sums up what goes past its bound, with the lines it stands in', () => {
    const log = new WarningLog('a.txt');
    for (let line = 1; line <= MAX_WARNINGS_PER_SOURCE + 30; line += 1) log.warn(line, 'damaged');
    const warnings = log.list();
    expect(warnings).toHaveLength(MAX_WARNINGS_PER_SOURCE + 1);
    expect(warnings.at(-1)).toMatchObject({ line: MAX_WARNINGS_PER_SOURCE + 1, lastLine: MAX_WARNINGS_PER_SOURCE + 30 });
    expect(warnings.at(-1)!.reason).toContain('30 more warnings');
  });
});

describe('formatWarning', () => {
  const base = { source: 'a.txt', level: 'warning', reason: 'it is cut' } as const;
  it('names a line, a range of lines, or the source', () => {
    expect(formatWarning({ ...base, line: 3 })).toBe('a.txt:3: warning: it is cut');
    expect(formatWarning({ ...base, line: 3, lastLine: 9 })).toBe('a.txt:3-9: warning: it is cut');
    expect(formatWarning({ ...base, line: 0 })).toBe('a.txt: warning: it is cut');
  });
});

describe('printable', () => {
  it('lets no escape sequence of a foreign file reach a terminal', () => {
    expect(printable('\u001b[31mred\u202e\u0007')).toBe('?[31mred??');
  });

  it('cuts what is long by characters, not inside one', () => {
    expect(printable('🧀'.repeat(5), 4)).toBe('🧀🧀🧀…');
    expect(printable('abcd', 4)).toBe('abcd');
  });
});
