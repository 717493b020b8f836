/** Flags that are wrong end a command with a message and status 2. */
export { parseFlags, parseWhole, UsageError } from './flags.ts';
/** How far a long command is. */
export { Progress } from './progress.ts';
/** Counts and times as people read them. */
export { duration, grouped } from './words.ts';
/** Ctrl-C and SIGTERM as an abort signal. */
export { interruption } from './interruption.ts';
