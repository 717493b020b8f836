import { expect } from '@jest/globals';
import { LogVerifier } from '../src/index.ts';
import type { Finding, LogEntry } from '../src/index.ts';
import type { LogWriter } from './log-writer.ts';

/** What is wrong with a log. */
export function findings(entries: readonly LogEntry[]): Finding[] {
  const verifier = new LogVerifier();
  return entries.map((entry) => verifier.add(entry)).filter((finding) => finding !== undefined);
}

export function expectSound(log: LogWriter): void {
  expect(findings(log.entries)).toEqual([]);
}

/** The last event is the only one at fault. */
export function expectBroken(log: LogWriter, invariant: Finding['invariant'], sentence: string | RegExp): void {
  expect(findings(log.entries)).toEqual([expect.objectContaining({ sequence: log.entries.length, invariant, sentence: expect.stringMatching(sentence) })]);
}
