import type { VectorState } from '../demo/vectors.ts';
import type { ProcessStatus } from '../supervise/supervised.ts';
import type { Style } from './spans.ts';

/** The characters that a terminal can show. */
export interface Marks {
  readonly vectors: Readonly<Record<VectorState, string>>;
  readonly processes: Readonly<Record<ProcessStatus, string>>;
  readonly rule: string;
  readonly step: string;
}

const UNICODE: Marks = {
  vectors: { posted: '●', remapped: '○', masked: '◐', off: '·' },
  processes: { ready: '●', starting: '◌', restarting: '↻', stopped: '○', failed: '✗' },
  rule: '─',
  step: '▶',
};

const ASCII: Marks = {
  vectors: { posted: 'P', remapped: 'r', masked: 'm', off: '.' },
  processes: { ready: '+', starting: '~', restarting: '~', stopped: '-', failed: '!' },
  rule: '-',
  step: '>',
};

export const VECTOR_STYLES: Readonly<Record<VectorState, Style>> = { posted: 'green', remapped: 'yellow', masked: 'cyan', off: 'dim' };

export const PROCESS_STYLES: Readonly<Record<ProcessStatus, Style>> = {
  ready: 'green',
  starting: 'yellow',
  restarting: 'red',
  stopped: 'dim',
  failed: 'red',
};

/** By the locale: without one that says UTF-8, letters. */
export function marksFor(env: NodeJS.ProcessEnv): Marks {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale) ? UNICODE : ASCII;
}
