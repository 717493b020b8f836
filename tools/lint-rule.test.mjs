// The lint rule that keeps clocks, timers and randomness out of what the simulator runs refuses every way to them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { root } from './setup/paths.mjs';

const RULE = /no-restricted-(globals|properties|imports)/;

/** `path:line` of each line that the rule refuses, in a checkout that has these files and nothing else. */
function refused(t, files) {
  const dir = mkdtempSync(join(tmpdir(), 'irqmesh-lint-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  // Types tell this rule nothing, and cost it a whole project.
  const { options, ...config } = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'));
  assert.ok(options.typeAware);
  writeFileSync(join(dir, '.oxlintrc.json'), JSON.stringify({ ...config, $schema: undefined }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=unix', '.'], { cwd: dir, encoding: 'utf8' });
  assert.match(stdout, /problems?|^$/m, stderr);
  return new Set(stdout.split('\n').filter((line) => RULE.test(line)).map((line) => /^(.*:\d+):\d+: /.exec(line)[1]));
}

/** Each of these lines has to be refused by itself. */
const FORBIDDEN = [
  "import { randomUUID } from 'node:crypto';",
  "import { randomBytes } from 'crypto';",
  "import * as everything from 'node:crypto';",
  "import { setTimeout as wait } from 'timers/promises';",
  "import { setTimeout as wait2 } from 'node:timers/promises';",
  "import { setTimeout as wait3 } from 'timers';",
  "import { setTimeout as wait4 } from 'node:timers';",
  "import { performance as clock } from 'node:perf_hooks';",
  "import { performance as clock2 } from 'perf_hooks';",
  "import { hrtime } from 'node:process';",
  "import { createRequire } from 'node:module';",
  "export { setTimeout as wait5 } from 'node:timers/promises';",
  "export const imported = import('node:crypto');",
  "export const imported2 = import('timers/promises');",
  'export const now = new Date();',
  'export const now2 = Date();',
  'export const now3 = Date.now();',
  'export const now4 = performance.now();',
  'export const now5 = globalThis.performance.now();',
  'export const now6 = process.hrtime.bigint();',
  'export const now7 = process.uptime();',
  "export const now8 = new Intl.DateTimeFormat('en').format();",
  'export const later = setTimeout(() => {}, 1);',
  'export const later2 = setInterval(() => {}, 1);',
  'export const later3 = setImmediate(() => {});',
  'export const later4 = globalThis.setTimeout(() => {}, 1);',
  "export const later5 = globalThis['setTimeout'](() => {}, 1);",
  'export const later6 = AbortSignal.timeout(1);',
  'export const later7 = setTimeout;',
  'process.nextTick(() => {});',
  'queueMicrotask(() => {});',
  'export const drawn = Math.random();',
  "export const drawn2 = Math['random']();",
  'export const { random } = Math;',
  'export const drawn3 = globalThis.Math.random();',
  'export const drawn4 = crypto.randomUUID();',
  'export const drawn5 = crypto.getRandomValues(new Uint8Array(1));',
  'export const drawn6 = globalThis.crypto.randomUUID();',
];

const ALLOWED = [
  'export type Moment = Date;',
  'export const read = (moment: Date): number => moment.getTime();',
  'export const timed = (performance: number, crypto: string): string => `${performance} ${crypto}`;',
  'export const any = (signals: AbortSignal[]): AbortSignal => AbortSignal.any(signals);',
  'export const least = Math.min(1, 2);',
];

const WHERE = [
  'libs/domain/src', 'libs/protocol/src', 'libs/replay/src', 'libs/registry/src/sessions', 'libs/client/src/session', 'libs/event-log/src', 'services/matcher/src/matcher', 'test/history/src/model', 'test/load/src',
  ...['faults', 'load', 'processes', 'run', 'shrink', 'time', 'world'].map((room) => `test/dst/src/${room}`),
];

test('every way to a clock, a timer or randomness is refused, and what only looks like one is not', (t) => {
  const path = 'libs/domain/src/probe.ts';
  const lines = [...FORBIDDEN, ...ALLOWED];
  const found = refused(t, { [path]: lines.join('\n') });
  assert.deepEqual(lines.filter((_, index) => found.has(`${path}:${index + 1}`)), FORBIDDEN);
});

test('it holds wherever the simulator runs the code, and neither in the adapters of the system nor in tests', (t) => {
  const elsewhere = ['libs/domain/src/system/system-clock.ts', 'libs/domain/src/testing/probe.ts', 'libs/domain/src/probe.spec.ts', 'services/debugger/src/probe.ts'];
  const held = WHERE.map((where) => `${where}/probe.ts`);
  const found = refused(t, Object.fromEntries([...held, ...elsewhere].map((path) => [path, 'export const now = Date.now();\n'])));
  assert.deepEqual([...held, ...elsewhere].filter((path) => found.has(`${path}:1`)), held);
});
