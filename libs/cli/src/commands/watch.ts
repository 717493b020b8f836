import { Command, InvalidArgumentError } from 'commander';
import { hostArgument, tokenArgument, wholeNumber } from '../arguments.ts';
import { EVENT_WORDS, typesOf } from '../watch/event-types.ts';
import type { EventType } from '../watch/event-types.ts';

const EXAMPLES = `
A line holds the time, the event's sequence in the log, what happened, the token
and who took part; P. and C. stand for the producer's and the consumer's
callbacks. An event that counts for nothing, because something else was decided
before it, is marked void. Ctrl-C ends the watching with exit code 130.

TYPE is a word of these lines (registered, unregistered, connected, failed,
aborted, disconnected, stalled, refused) or an event's name (PairConnected).

Examples:
  irqmesh watch
  irqmesh watch --from 1 --token host-a/boot-1/eventfd-33
  irqmesh watch --type failed refused --json`;

interface WatchFlags {
  readonly token?: string;
  readonly host?: string;
  readonly type?: readonly EventType[];
  readonly from: number | 'now';
  readonly json?: true;
}

/** `irqmesh watch`: what happens, as it happens. */
export function watchCommand(): Command {
  return new Command('watch')
    .description('show the events of the log as they happen, one a line')
    .option('--token <token>', 'only events of this token', tokenArgument)
    .option('--host <host>', 'only events in which this host takes part', hostArgument)
    .option('--type <type...>', 'only events of these types', typeArgument)
    .option('--from <seq>', 'begin at this event of the log; "now": at the next one', fromArgument, 'now' as const)
    .option('--json', 'print each event as one line of JSON')
    .addHelpText('after', EXAMPLES)
    .action(async ({ token, host, type, from, json }: WatchFlags) => {
      const { runWatch } = await import('../watch/run-watch.ts');
      await runWatch({ token, host, types: type, from, json: json === true });
    });
}

function typeArgument(text: string, before: readonly EventType[] = []): readonly EventType[] {
  const types = text.split(',').flatMap((word) => typesOf(word) ?? unknownType(word));
  return [...before, ...types];
}

function unknownType(word: string): never {
  throw new InvalidArgumentError(`There is no event type ${JSON.stringify(word)}; the types are ${EVENT_WORDS.join(', ')}.`);
}

function fromArgument(text: string): number | 'now' {
  return text === 'now' ? 'now' : wholeNumber(1, Number.MAX_SAFE_INTEGER)(text);
}
