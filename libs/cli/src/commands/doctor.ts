import { Command, InvalidArgumentError } from 'commander';

const EXAMPLES = `
Looks at the NATS server, the log, the buckets, the clocks, the services and the
sessions. The exit code is 0 when nothing failed (warnings allowed), 1 when
something did, and 69 when no NATS server can be reached.

Examples:
  irqmesh doctor
  IRQMESH_NATS_URL=nats://n1:4222 irqmesh doctor --monitor http://n1:8222
  irqmesh doctor --json | jq '.checks[] | select(.status != "ok")'`;

/** `irqmesh doctor`: is everything there that irqmesh needs, and as it needs it? */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check the NATS server, the log, the clocks, the services and the sessions')
    .option('--monitor <url>', "the NATS server's monitoring address, which tells how it syncs to disk", monitorArgument)
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async ({ monitor, json }: { readonly monitor?: string; readonly json?: true }) => {
      const { runDoctor } = await import('../doctor/run-doctor.ts');
      await runDoctor({ monitor, json: json === true });
    });
}

function monitorArgument(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be a URL such as http://127.0.0.1:8222.');
}
