import { Command } from 'commander';
import { hostArgument, participantIdArgument, resultArgument, tokenArgument, wholeNumber } from '../arguments.ts';

const EXAMPLES = `
Ctrl-C unregisters and ends with exit code 0. A refused registration is told
with its errno and ends with exit code 1.

Examples (in two terminals; the second command connects the two):
  irqmesh register consumer --token demo --host host-b
  irqmesh register producer --token demo --irq 56 --host host-a`;

interface RegisterFlags {
  readonly token: string;
  readonly irq?: number;
  readonly id?: string;
  readonly host?: string;
  readonly result: number;
  readonly deadlineMs?: number;
}

/** `irqmesh register`: one producer or consumer, held until Ctrl-C, with each of its callbacks told as it runs. */
export function registerCommand(): Command {
  const register = new Command('register').description('register a producer or a consumer, and show its callbacks until Ctrl-C');
  register.addCommand(
    sideCommand('producer', 'add_consumer').option('--irq <n>', 'its host interrupt', wholeNumber(0, 0xffff_ffff), 0),
  );
  register.addCommand(sideCommand('consumer', 'add_producer'));
  return register;
}

function sideCommand(side: 'producer' | 'consumer', add: string): Command {
  return new Command(side)
    .description(`register a ${side}, and show its callbacks until Ctrl-C`)
    .requiredOption('--token <token>', 'what both sides must name to be connected', tokenArgument)
    .option('--id <id>', `the ${side}'s name on its host (default: cli-PID)`, participantIdArgument)
    .option('--host <host>', "the host it belongs to (default: this machine's name)", hostArgument)
    .option('--result <n>', `what ${add} returns: a number, or a name such as EBUSY`, resultArgument, 0)
    .option('--deadline-ms <n>', 'how long each callback may take (default: half of the sessions\' time to live)', wholeNumber(1, 600_000))
    .addHelpText('after', EXAMPLES)
    .action(async ({ token, irq, id, host, result, deadlineMs }: RegisterFlags) => {
      const { runRegister } = await import('../register/run-register.ts');
      await runRegister({ side, token, irq, id, host, result, deadlineMs });
    });
}
