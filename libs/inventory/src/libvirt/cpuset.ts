/** Linux supports 8,192 CPUs at most. */
const CPU_LIMIT = 8192;
/** Longer lists than this are refused; that of every second of 256 CPUs takes 500 characters. */
const MAX_CHARACTERS = 2048;

/** Reads `0-3,^2,8`: CPU numbers ascending; `^` takes one or a range out again. Undefined when it is no such list. */
export function parseCpuset(text: string): number[] | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const allowed = new Uint8Array(CPU_LIMIT);
  let highest = -1;
  for (const part of text.split(',')) {
    const match = /^\s*(\^?)(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[2]);
    const last = Number(match[3] ?? match[2]);
    if (last < first || last >= CPU_LIMIT) return undefined;
    allowed.fill(match[1] === '^' ? 0 : 1, first, last + 1);
    highest = Math.max(highest, last);
  }
  // A domain may have a thousand lists: what is above the highest CPU named is not looked at.
  const cpus: number[] = [];
  for (let cpu = 0; cpu <= highest; cpu++) if (allowed[cpu] === 1) cpus.push(cpu);
  return cpus.length === 0 ? undefined : cpus;
}
