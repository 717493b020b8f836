// The protobuf definitions in proto/: generates their TypeScript, or checks them.
//   node tools/proto.mjs            writes libs/protocol/src/gen
//   node tools/proto.mjs --check    lint, format, compatibility with the last release, generated code up to date
//   node tools/proto.mjs --release  keeps the definitions of today as the image of this version's release
// Needs no network: the definitions have no dependencies.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const proto = join(root, 'proto');
const releases = join(proto, 'releases');
const generated = join(root, 'libs/protocol/src/gen');

/** Runs buf in proto/ with this Node, which the code generator is started by too; its output where it failed. */
function buf(...args) {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` };
  const run = spawnSync(process.execPath, [join(root, 'node_modules/.bin/buf'), ...args], { cwd: proto, env, encoding: 'utf8' });
  if (run.error !== undefined) return `buf could not be started: ${run.error.message}`;
  if (run.status === 0) return undefined;
  return `${run.stdout}${run.stderr}`.trim() || `buf ${args[0]} ended with ${run.signal ?? run.status}`;
}

/** 0.10.0 comes after 0.9.0. */
function byVersion(left, right) {
  return left.localeCompare(right, 'en', { numeric: true });
}

function breaking() {
  const last = existsSync(releases) ? readdirSync(releases).filter((name) => name.endsWith('.binpb')).sort(byVersion).at(-1) : undefined;
  if (last === undefined) return 'proto/releases holds no image; make one with: node tools/proto.mjs --release';
  return buf('breaking', '--against', `releases/${last}`);
}

function filesUnder(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

function upToDate() {
  const fresh = mkdtempSync(join(tmpdir(), 'irqmesh-proto-'));
  try {
    const failure = buf('generate', '--template', templateFor(fresh));
    if (failure !== undefined) return failure;
    const names = new Set([...filesUnder(fresh), ...filesUnder(generated)]);
    const stale = [...names].filter((name) => contents(join(fresh, name)) !== contents(join(generated, name)));
    return stale.length === 0 ? undefined : `these differ from what is generated; run: npm run proto\n  ${stale.sort().join('\n  ')}`;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function contents(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** proto/buf.gen.yaml with another output folder. */
function templateFor(out) {
  const yaml = readFileSync(join(proto, 'buf.gen.yaml'), 'utf8');
  return yaml.replace(/^( *out:).*$/m, `$1 ${JSON.stringify(out)}`);
}

const CHECKS = [
  ['lint', () => buf('lint')],
  ['format', () => buf('format', '--diff', '--exit-code')],
  ['breaking', breaking],
  ['generated code', upToDate],
];

function check() {
  let failed = 0;
  for (const [name, run] of CHECKS) {
    const failure = run();
    console.log(`proto: ${name}: ${failure === undefined ? 'ok' : 'FAILED'}`);
    if (failure === undefined) continue;
    failed += 1;
    console.log(failure.replace(/^/gm, '  '));
  }
  return failed === 0;
}

function report(done, failure) {
  console.log(failure === undefined ? `proto: ${done}` : `proto: FAILED\n${failure}`);
  return failure === undefined;
}

function generate() {
  return report('libs/protocol/src/gen is generated', buf('generate'));
}

function release() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  mkdirSync(releases, { recursive: true });
  const image = `releases/v${version}.binpb`;
  if (existsSync(join(proto, image))) return report('', `proto/${image} stands: what was released does not change; raise the version in package.json`);
  return report(`proto/${image} is written`, buf('build', '--exclude-source-info', '-o', image));
}

const MODES = new Map([[undefined, generate], ['--check', check], ['--release', release]]);
const mode = MODES.get(process.argv[2]);
if (mode === undefined || process.argv.length > 3) {
  console.error('usage: node tools/proto.mjs [--check | --release]');
  process.exit(2);
}
process.exit(mode() ? 0 : 1);
