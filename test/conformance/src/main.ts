import { parseArgs } from 'node:util';
import { DomainTarget } from './domain-target.ts';
import { runCases } from './runner.ts';
import { StackTarget } from './stack-target.ts';
import type { Target } from './target.ts';

const USAGE = `Usage: npm run conformance -- FILE... --target domain|stack [options]

Runs golden traces of the kernel's IRQ bypass manager (JSON lines, .gz too)
and compares every callback, its order and result, every return and the final
state.

  --target domain    the pure core, in this process
  --target stack     NATS and the three services as processes, the SDK here
  --skip-tags a,b    leave out cases with any of these tags
  --limit N          run at most N cases of each file
  --help             this text

Exit status: 0 all passed, 1 a case failed, 2 wrong usage.`;

class UsageError extends Error {}

function parse(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        target: { type: 'string' },
        'skip-tags': { type: 'string', default: '' },
        limit: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const limit = values.limit === undefined ? undefined : Number(values.limit);
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw new UsageError(`--limit takes a positive number, not "${values.limit}"`);
    return { ...values, limit, files: positionals, skipTags: values['skip-tags'].split(',').filter((tag) => tag !== '') };
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

async function openTarget(name: string | undefined): Promise<Target> {
  if (name === 'domain') return new DomainTarget();
  if (name === 'stack') return StackTarget.start();
  throw new UsageError(name === undefined ? '--target is missing: domain or stack' : `there is no target "${name}": domain or stack`);
}

async function main(argv: readonly string[]): Promise<number> {
  const { target: targetName, files, skipTags, limit, help } = parse(argv);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (files.length === 0) throw new UsageError('name at least one file of traces');
  const target = await openTarget(targetName);
  try {
    const startedMs = performance.now();
    const totals = await runCases(target, { files, skipTags, limit, write: (line) => console.log(line) });
    console.log(`${target.name}: ${totals.operations} operations in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    console.log(`conformance: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
    return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
  } finally {
    await target.close();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`conformance: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
