import { Command } from 'commander';

export function demoCommand(): Command {
  return new Command('demo').description('play the life of two hosts on real inventories (about 30 s)');
}
