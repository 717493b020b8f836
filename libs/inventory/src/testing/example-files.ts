import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Source } from '../source-text.ts';

/** The folder `examples` of the repository. */
export const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url));

/** The example files of one kind, by the end of their names: `.txt` or `.xml`. */
export function exampleSources(ending: string): Source[] {
  return ['host-a', 'host-b'].flatMap((host) =>
    readdirSync(`${EXAMPLES}/${host}`)
      .filter((file) => file.endsWith(ending))
      .toSorted()
      .map((file) => ({ name: `${host}/${file}`, text: readFileSync(`${EXAMPLES}/${host}/${file}`, 'utf8') })),
  );
}
