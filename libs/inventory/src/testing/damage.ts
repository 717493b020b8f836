import fc from 'fast-check';

/** Ways in which text gets damaged on its way through terminals, mails and editors. */
const damages: ((text: string, at: number, length: number, noise: string) => string)[] = [
  (text, at) => text.slice(0, at),
  (text, at) => text.slice(at),
  (text, at, length) => text.slice(0, at) + text.slice(at + length),
  (text, at, length, noise) => text.slice(0, at) + noise + text.slice(at + length),
  (text, at, _length, noise) => text.slice(0, at) + noise + text.slice(at),
  (text, at) => `${text.slice(0, at)}\n\n${text.slice(at)}`,
  (text, at, length) => text.slice(0, at + length) + text.slice(at),
  (text) => text.replace(/^ +/gm, ''),
  (text) => text.replaceAll('\n', '\r\n'),
  (text, at, length) => text.slice(0, at) + text.slice(at, at + length).replaceAll('\n', ' ') + text.slice(at + length),
];

const noise = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('<', '>', '"', "'", '<!--', '-->', '</', '<![CDATA[', '<!DOCTYPE x [', '\n', 'CPU0 CPU1\n', '\n 30: ', 'vfio-msix[', ': ', '\u0000'),
);

/** The text, damaged in one to three places. */
export function damaged(text: string): fc.Arbitrary<string> {
  const step = fc.record({ damage: fc.nat(damages.length - 1), at: fc.nat(text.length), length: fc.nat(200), noise });
  return fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => steps.reduce((now, each) => damages[each.damage]!(now, Math.min(each.at, now.length), each.length, each.noise), text));
}
