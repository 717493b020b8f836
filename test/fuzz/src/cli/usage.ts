import type { FuzzTarget } from '../engine/fuzz-target.ts';

export const USAGE = `Usage: npm run fuzz -- [--minutes M | --inputs N] [--target NAME,NAME] [--seed S]
       npm run fuzz -- --target NAME --seed S --input K

Feeds everything that reads foreign input with valid messages and files that are
changed in their structure. A crash, an input that takes more than a second, a
heap that grows, a changed prototype, and a message that is not the same again
after it was written and read are findings.

  --minutes M    for so long, all targets together (default: 1)
  --inputs N     so many inputs, all targets together
  --target a,b   only these
  --seed S       the same seed gives the same inputs (default: another each time)
  --input K      only input number K of the target
  --list         lists the targets
  --help         this text

Exit status: 0 nothing found, 1 findings, 2 wrong usage, 130 interrupted.`;

/** Every target, with what it is fed. */
export function targetList(targets: readonly FuzzTarget[]): string {
  const width = Math.max(...targets.map(({ name }) => name.length));
  return targets.map(({ name, sentence }) => `${name.padEnd(width)}  ${sentence}`).join('\n');
}
