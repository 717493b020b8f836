import { quoted } from '../warning.ts';

/** The CPUs a header names, and sentences on what is damaged in it. */
export interface Header {
  readonly cpus: readonly number[];
  readonly problems: readonly string[];
}

/** Linux supports 8,192 CPUs at most (CONFIG_NR_CPUS on x86); more columns than that are no header. */
const MAX_CPUS = 8192;

/**
 * Reads `CPU0 CPU1 CPU3 …`: the online CPUs, numbers ascending, some left out. Undefined when the line is no header.
 * A damaged word keeps its column, with the number that fits best.
 */
export function parseHeader(line: string): Header | undefined {
  if (!line.includes('CPU')) return undefined;
  const words = line.trim().split(/\s+/).slice(0, MAX_CPUS + 1);
  const good = words.filter((word) => /^CPU\d{1,4}$/.test(word)).length;
  if (good === 0 || good * 2 < words.length || words.length > MAX_CPUS) return undefined;
  const cpus: number[] = [];
  const problems: string[] = [];
  for (const word of words) {
    const least = (cpus.at(-1) ?? -1) + 1;
    const named = /^CPU(\d{1,4})$/.exec(word);
    const cpu = named === null ? Number.NaN : Number(named[1]);
    if (cpu >= least) {
      cpus.push(cpu);
      continue;
    }
    problems.push(`${quoted(word)} in the header is no CPU number above the one before; the column is taken for CPU${least}`);
    cpus.push(least);
  }
  return { cpus, problems };
}
