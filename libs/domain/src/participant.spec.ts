import { describe, expect, it } from '@jest/globals';
import { Errno, IrqBypassError } from './errno.ts';
import { formatParticipant, otherSide, parseName, parseParticipantId, participantKey, sessionKey } from './participant.ts';

const EINVAL = expect.objectContaining({ errno: Errno.EINVAL });

describe('parseName', () => {
  it.each(['a', '0', 'Host_1-b', 'x'.repeat(64)])('takes %s', (name) => {
    expect(parseName('host', name)).toBe(name);
  });

  it.each([
    ['the empty string', ''],
    ['65 characters', 'x'.repeat(65)],
    ['a dot: it would split a subject', 'a.b'],
    ['a wildcard', '*'],
    ['a wildcard for the rest', '>'],
    ['a space', 'a b'],
    ['a line break at the end', 'a\n'],
    ['a dash in front', '-a'],
    ['an underscore in front', '_a'],
    ['a letter beyond ASCII', 'ü'],
    ['undefined', undefined],
    ['a bigint', 1n],
    ['an object', {}],
  ])('refuses %s with -EINVAL', (_what, name) => {
    expect(() => parseName('session', name)).toThrow(EINVAL);
  });

  it('does not repeat a megabyte in its message', () => {
    const refusal = (): string => parseName('host', '.'.repeat(1 << 20));
    expect(refusal).toThrow(IrqBypassError);
    expect(refusal).toThrow(/^.{1,250}$/);
  });
});

describe('parseParticipantId', () => {
  it.each(['a', '0000:65:00.0/vector-3', '~', 'x'.repeat(128)])('takes %s', (id) => {
    expect(parseParticipantId(id)).toBe(id);
  });

  it.each([['the empty string', ''], ['129 characters', 'x'.repeat(129)], ['a space', 'a b'], ['a line break', 'a\n'], ['a letter beyond ASCII', 'ü'], ['null', null]])(
    'refuses %s with -EINVAL',
    (_what, id) => {
      expect(() => parseParticipantId(id)).toThrow(EINVAL);
    },
  );
});

describe('participant', () => {
  const participant = { host: 'host-a', session: 's1', id: 'vector-3' };

  it('is the same for the same host, session and id only', () => {
    const others = [
      participantKey('consumer', participant),
      participantKey('producer', { ...participant, host: 'host-b' }),
      participantKey('producer', { ...participant, session: 's2' }),
      participantKey('producer', { ...participant, id: 'vector-4' }),
      // Names that run together without something between them.
      participantKey('producer', { host: 'host', session: '-as1', id: 'vector-3' }),
      participantKey('producer', { host: 'host-as', session: '1', id: 'vector-3' }),
    ];
    expect(participantKey('producer', { ...participant })).toBe(participantKey('producer', participant));
    expect(new Set([participantKey('producer', participant), ...others]).size).toBe(7);
  });

  it('is written host/session/id', () => {
    expect(formatParticipant(participant)).toBe('host-a/s1/vector-3');
    expect(sessionKey(participant)).toBe('host-a.s1');
  });

  it('has another side', () => {
    expect([otherSide('producer'), otherSide('consumer')]).toEqual(['consumer', 'producer']);
  });
});
