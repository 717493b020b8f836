import { types } from 'node:util';
import { Command, CommanderError } from 'commander';
import { CommandError, ExitCode } from './command-error.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { inventoryCommand } from './commands/inventory.ts';
import { listCommand } from './commands/list.ts';
import { logCommand } from './commands/log.ts';
import { registerCommand } from './commands/register.ts';
import { upCommand } from './commands/up.ts';
import { verifyCommand } from './commands/verify.ts';
import { watchCommand } from './commands/watch.ts';
import { endWithOutput } from './output/closed-output.ts';

/** The commands in the order in which the help lists them. */
const COMMANDS: readonly (() => Command)[] = [
  demoCommand, upCommand, inventoryCommand, registerCommand, listCommand, watchCommand, explainCommand, verifyCommand, doctorCommand, logCommand,
];

/** The whole command line. Errors come out as exceptions: `CommanderError` for a wrong one, with the text written. */
export function program(commands: readonly Command[] = COMMANDS.map((make) => make())): Command {
  const root = new Command('irqmesh')
    .description('The Linux IRQ bypass manager as a distributed, event-sourced system.')
    .usage('COMMAND [options]')
    .helpCommand('help [COMMAND]', 'explain a command')
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(irqmesh --help lists the commands, irqmesh COMMAND --help the options of one)')
    .exitOverride();
  for (const command of commands) root.addCommand(inheriting(command, root));
  return root;
}

/** Commander hands settings down only to commands that it makes itself. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(child, command);
  return command;
}

/**
 * Runs a command line.
 * @param args without the program's name
 * @returns the exit code; a command that ends with another one than 0 sets `process.exitCode`
 */
export async function main(args: readonly string[]): Promise<number> {
  endWithOutput();
  process.on('uncaughtException', (error) => process.exit(report(error)));
  try {
    await program().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? ExitCode.OK);
  } catch (error) {
    return report(error);
  }
}

/** Writes the error for people, and returns the exit code for it. */
function report(error: unknown): number {
  // Commander has written its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
  const debug = (process.env['IRQMESH_DEBUG'] ?? '') !== '';
  process.stderr.write(`irqmesh: ${messageOf(error)}\n`);
  if (debug) process.stderr.write(`${types.isNativeError(error) ? error.stack : String(error)}\n`);
  return error instanceof CommandError ? error.exitCode : ExitCode.FAILED;
}

function messageOf(error: unknown): string {
  if (!types.isNativeError(error)) return `something that is no error was thrown: ${String(error)}`;
  const meantForPeople = error instanceof CommandError || ['IrqBypassError', 'NatsServerError'].includes(error.name);
  return meantForPeople ? error.message : `unexpected ${error.name}: ${error.message} (IRQMESH_DEBUG=1 shows where)`;
}
