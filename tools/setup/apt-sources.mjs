// Which Debian mirror this machine uses, read from its own apt sources in both of their forms.

/** Suites of Debian that any release's sources may name instead of its code name. */
const GENERAL_SUITES = ['oldstable', 'stable', 'testing', 'unstable', 'sid'];

/** One stanza of a .sources file as a map of lower-case field names; continuation lines keep their breaks. */
function parseStanza(text) {
  const fields = new Map();
  let name;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    if (/^\s/.test(line) && name !== undefined) {
      fields.set(name, `${fields.get(name)}\n${line}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    name = line.slice(0, colon).trim().toLowerCase();
    fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

const words = (text) => (text ?? '').split(/\s+/).filter((word) => word !== '');

/** Entries of a deb822 file (`*.sources`). */
export function parseDeb822(text) {
  return text
    .replaceAll('\r', '')
    .split(/\n[ \t]*\n/)
    .map(parseStanza)
    .filter((fields) => words(fields.get('types')).includes('deb') && !/^(no|false|0|off|disable)/i.test(fields.get('enabled') ?? 'yes'))
    .flatMap((fields) =>
      words(fields.get('uris')).map((uri) => ({
        uri,
        suites: words(fields.get('suites')),
        components: words(fields.get('components')),
        signedBy: fields.get('signed-by'),
      })),
    );
}

/** Entries of a one-line file (`sources.list`, `*.list`): deb [options] uri suite component... */
export function parseOneLine(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options, uri, suite, components] = match;
    const signedBy = words(options).find((option) => option.startsWith('signed-by='))?.slice('signed-by='.length);
    return [{ uri, suites: [suite], components: words(components), signedBy: signedBy?.replaceAll(',', ' ') }];
  });
}

/** Debian's code name by /etc/os-release, or undefined where the machine is not a Debian. */
export function debianCodename(osRelease) {
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1];
  return field('ID') === 'debian' ? (field('VERSION_CODENAME') ?? 'sid') : field('DEBIAN_CODENAME');
}

/**
 * Mirrors that carry Debian's own archive, the likeliest first. Other archives name Debian's suites as well
 * ("bookworm main"), so an address that ends in /debian goes before the rest.
 * @param {{ name: string, text: string }[]} files apt's sources files
 * @returns {{ uri: string, signedBy?: string }[]}
 */
export function debianMirrors(files, codename) {
  const suites = [codename, ...GENERAL_SUITES];
  const entries = files
    .flatMap(({ name, text }) => (name.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text)))
    .filter((entry) => !entry.uri.startsWith('cdrom:') && entry.components.includes('main'))
    .filter((entry) => entry.suites.some((suite) => suites.includes(suite)));
  const unique = new Map(entries.map(({ uri, signedBy }) => [uri.replace(/\/+$/, ''), { uri, signedBy }]));
  const looksLikeDebian = (uri) => uri.endsWith('/debian') || uri.startsWith('mirror');
  return [...unique].sort(([a], [b]) => Number(looksLikeDebian(b)) - Number(looksLikeDebian(a))).map(([, mirror]) => mirror);
}
