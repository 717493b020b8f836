// Compiles the TypeScript of every package to its dist/ folder with SWC, only the files that changed. A package that
// exports its test-support folder to the commands of test/ has that one compiled too, to test-support/dist/.
//   node tools/build.mjs [--only DIR] [--clean]
import { transformFile } from '@swc/core';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;

/** Folders of the workspace that hold a package with sources. */
function packages() {
  return ['libs', 'services', 'test']
    .flatMap((group) => (existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => join(group, name)) : []))
    .filter((dir) => existsSync(join(root, dir, 'package.json')) && existsSync(join(root, dir, 'src')))
    .filter((dir) => only === undefined || dir === only);
}

/** The folders of a package that hold sources, each with the one that takes what becomes of them. */
function sourceFolders(dir) {
  const { exports = {} } = JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8'));
  const folders = [{ src: join(root, dir, 'src'), dist: join(root, dir, 'dist') }];
  if ('./test-support' in exports) folders.push({ src: join(root, dir, 'test-support'), dist: join(root, dir, 'test-support/dist') });
  return folders;
}

function sourceFiles(dir) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A file is stale when its output is missing or older than the source or the compiler's settings. */
function isStale(source, target, settingsMtimeMs) {
  if (!existsSync(target)) return true;
  const builtMs = statSync(target).mtimeMs;
  return statSync(source).mtimeMs > builtMs || settingsMtimeMs > builtMs;
}

async function compile(source, target) {
  const { code, map } = await transformFile(source, { configFile: join(root, '.swcrc'), sourceFileName: relative(dirname(target), source) });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.map`, map);
  // Renamed into place: a build that is interrupted here would else leave a cut file that looks newer than its source.
  writeFileSync(`${target}.new`, `${code}//# sourceMappingURL=${target.split('/').at(-1)}.map\n`);
  renameSync(`${target}.new`, target);
}

/** Outputs whose source is gone would otherwise still be imported. */
function removeOrphans({ src, dist }) {
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    const target = join(entry.parentPath, entry.name);
    const source = join(src, relative(dist, target).replace(/\.js$/, '.ts'));
    if (!existsSync(source)) for (const file of [target, `${target}.map`]) rmSync(file, { force: true });
  }
}

const settingsMtimeMs = statSync(join(root, '.swcrc')).mtimeMs;
const work = [];
for (const { src, dist } of packages().flatMap(sourceFolders)) {
  if (args.includes('--clean')) rmSync(dist, { recursive: true, force: true });
  removeOrphans({ src, dist });
  for (const source of sourceFiles(src)) {
    const target = join(dist, relative(src, source).replace(/\.ts$/, '.js'));
    if (isStale(source, target, settingsMtimeMs)) work.push(compile(source, target));
  }
}
await Promise.all(work);
if (work.length > 0) console.log(`build: ${work.length} files compiled`);
