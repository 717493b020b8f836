// Adds to package-lock.json the optional platform packages (`@swc/core-darwin-arm64`, ...) that npm left out:
//   node tools/complete-lock.mjs
// npm drops an optional package from the lock file when it cannot be loaded at that moment, because a
// registry mirror lacks it or because the lock file was made anew beside a filled node_modules; `npm ci` then
// refuses the lock file on every machine. Run this after `npm install`. An entry made here has no checksum:
// npm takes that of its registry when it first installs the package, on the platform that needs it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup/paths.mjs';

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const CPU_SPELLINGS = { armv6: 'arm', armv7: 'arm', aarch64: 'arm64', ppc64le: 'ppc64' };

/** What a platform package's name says of where it installs: `...-linux-x64-musl`. */
export function platformOf(name) {
  const parts = name.split(/[-/]/);
  const os = parts.find((part) => OS.includes(part));
  const cpu = parts.map((part) => CPU_SPELLINGS[part] ?? part).find((part) => CPU.includes(part));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = parts.includes('musl') ? ['musl'] : parts.includes('gnu') ? ['glibc'] : undefined;
  return { cpu: [cpu], libc, os: [os] };
}

/** Whether the lock file has a package where `from` would find it: in its own folder or in one above. */
function isLocked(packages, from, name) {
  for (let dir = from; ; ) {
    if (packages[`${dir === '' ? '' : `${dir}/`}node_modules/${name}`] !== undefined) return true;
    if (dir === '') return false;
    const at = dir.lastIndexOf('node_modules/');
    dir = at <= 0 ? '' : dir.slice(0, at - 1);
  }
}

/** Completes a parsed lock file in place; returns the names that were added. */
export function completeLock(lock) {
  const added = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      const isExact = /^\d+\.\d+\.\d+/.test(version);
      if (platform === undefined || !isExact || isLocked(lock.packages, path, name)) continue;
      lock.packages[`node_modules/${name}`] = { version, cpu: platform.cpu, dev: entry.dev, libc: platform.libc, optional: true, os: platform.os };
      added.push(name);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  return added;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const added = completeLock(lock);
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${added.length} optional platform packages added`);
}
