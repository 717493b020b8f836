import { Errno, IrqBypassError, parseName, parseParticipantId, parseToken } from '@irqmesh/domain';
import { InvalidArgumentError } from 'commander';

// Values of options and arguments. Each is checked here once; what is wrong is a usage error (exit code 2).

export function tokenArgument(text: string): string {
  return checked(() => parseToken(text));
}

export function hostArgument(text: string): string {
  return checked(() => parseName('host', text));
}

export function participantIdArgument(text: string): string {
  return checked(() => parseParticipantId(text));
}

/** A check for whole numbers of a range, both ends included. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^-?[0-9]{1,15}$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

const INT32 = 2 ** 31;

/** A callback's result: a 32-bit number, or an error's name with or without its sign. */
export function resultArgument(text: string): number {
  const named = Errno[text.replace(/^-/, '').toUpperCase() as keyof typeof Errno];
  if (named !== undefined) return named;
  const number = Number(text);
  if (/^-?[0-9]{1,10}$/.test(text) && number >= -INT32 && number < INT32) return number;
  throw new InvalidArgumentError(`It must be a 32-bit number, or one of ${Object.keys(Errno).join(', ')}.`);
}

function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof IrqBypassError)) throw error;
    const sentence = error.message.slice(error.message.indexOf(': ') + 2);
    throw new InvalidArgumentError(`${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`);
  }
}
