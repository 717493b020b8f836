// nats-server from Debian's newest package, unpacked without root and without touching the machine's own
// apt state. The package of the machine's own release may be years old (Debian 12 has 2.9), so it is taken
// from unstable; apt checks the archive's signature with the machine's own keys.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianCodename, debianMirrors } from './apt-sources.mjs';
import { findOnPath, runCommand, whyFailed } from './command.mjs';
import { SetupError } from './progress.mjs';

const UPDATE_TIMEOUT_MS = 180_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UNPACK_TIMEOUT_MS = 60_000;
const MAX_MIRRORS = 3;

function readSources(aptDir) {
  const parts = join(aptDir, 'sources.list.d');
  const names = existsSync(parts) ? readdirSync(parts).filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(parts, name)) : [];
  return [join(aptDir, 'sources.list'), ...names].filter((name) => existsSync(name)).map((name) => ({ name, text: readFileSync(name, 'utf8') }));
}

/** The mirrors of this machine, or the reason why there is none. */
export function machineMirrors({ etcDir = '/etc' } = {}) {
  const osRelease = join(etcDir, 'os-release');
  const codename = existsSync(osRelease) ? debianCodename(readFileSync(osRelease, 'utf8')) : undefined;
  if (codename === undefined) throw new SetupError('this machine is not a Debian');
  const mirrors = debianMirrors(readSources(join(etcDir, 'apt')), codename);
  if (mirrors.length === 0) throw new SetupError('no Debian mirror stands in apt\'s sources');
  return mirrors.slice(0, MAX_MIRRORS);
}

/**
 * apt's settings for one run: its own source and state, none of the machine's pins and hooks (hooks want
 * root), but the machine's proxy and credentials.
 */
function writeAptConfig(dir, { uri, signedBy }, architecture) {
  for (const name of ['lists/partial', 'cache']) mkdirSync(join(dir, name), { recursive: true });
  const source = ['Types: deb', `URIs: ${uri}`, 'Suites: unstable', 'Components: main', `Architectures: ${architecture}`, 'Targets: Packages'];
  if (signedBy !== undefined) source.push(`Signed-By: ${signedBy}`);
  writeFileSync(join(dir, 'debian.sources'), `${source.join('\n')}\n`);
  const settings = {
    'Dir::Etc::SourceList': join(dir, 'debian.sources'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State::Lists': join(dir, 'lists'),
    'Dir::Cache': join(dir, 'cache'),
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
  };
  const cleared = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success', 'APT::Default-Release'];
  const lines = [...cleared.map((name) => `#clear ${name};`), ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`)];
  const file = join(dir, 'apt.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

async function must(what, file, args, options) {
  const result = await runCommand(file, args, options);
  if (!result.ok) throw new SetupError(`${what}: ${whyFailed(result)}`);
  return result.stdout.trim();
}

async function fetchFrom(mirror, dir, architecture) {
  const config = writeAptConfig(dir, mirror, architecture);
  await must('apt-get update', 'apt-get', ['-c', config, 'update'], { timeoutMs: UPDATE_TIMEOUT_MS, cwd: dir });
  await must('apt-get download', 'apt-get', ['-c', config, 'download', 'nats-server'], { timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: dir });
  const packageFile = readdirSync(dir).find((name) => name.endsWith('.deb'));
  if (packageFile === undefined) throw new SetupError('apt-get downloaded no package');
  await must('dpkg -x', 'dpkg', ['-x', join(dir, packageFile), join(dir, 'unpacked')], { timeoutMs: UNPACK_TIMEOUT_MS });
  return join(dir, 'unpacked/usr/sbin/nats-server');
}

/**
 * Downloads and unpacks Debian's nats-server into `dir`, from the first mirror that gives it.
 * @returns {Promise<string>} path of the program
 */
export async function fetchDebianPackage({ dir }) {
  for (const name of ['apt-get', 'dpkg']) {
    if (findOnPath(name) === undefined) throw new SetupError(`${name} is not on this machine`);
  }
  const mirrors = machineMirrors();
  const architecture = await must('dpkg', 'dpkg', ['--print-architecture'], { timeoutMs: UNPACK_TIMEOUT_MS });
  let reason;
  for (const [index, mirror] of mirrors.entries()) {
    const mirrorDir = join(dir, `mirror-${index}`);
    mkdirSync(mirrorDir);
    try {
      return await fetchFrom(mirror, mirrorDir, architecture);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      reason ??= error; // the likeliest mirror's reason is the telling one
    }
  }
  throw reason;
}
