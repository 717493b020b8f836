import { Command } from 'commander';

export function upCommand(): Command {
  return new Command('up').description('run the services and hosts, without the show');
}
