import { relative } from 'node:path';
import { Errno, formatResult } from '@irqmesh/domain';
import { count } from './sentences.ts';
import type { Counts } from './tally.ts';

/** What a run of the demo came to. */
export interface Summary {
  /** False when the show ended early: stopped, or failed. */
  readonly ok: boolean;
  readonly pairsConnected: number;
  /** Pairs that were connected when the show ended. */
  readonly pairsStanding: number;
  readonly disconnected: { readonly requested: number; readonly sessionExpired: number; readonly disowned: number };
  readonly refused: readonly { readonly result: number; readonly count: number }[];
  readonly connectsFailed: number;
  readonly connectsAborted: number;
  /** From a register call to its settled answer; undefined when nothing was registered. */
  readonly registerLatencyMs: { readonly calls: number; readonly p50: number; readonly p99: number } | undefined;
  readonly events: number;
  readonly restarts: readonly { readonly name: string; readonly count: number }[];
  /** Absolute. */
  readonly stateDir: string;
  readonly natsUrl: string;
  /** Whether the demo started the server; otherwise the log lives on the user's. */
  readonly ownServer: boolean;
  /** Whether everything goes on running. */
  readonly keeps: boolean;
  /** A token to look at more closely. */
  readonly token: string | undefined;
}

const REFUSALS: Readonly<Record<number, string>> = {
  [Errno.EBUSY]: 'the token has one already',
  [Errno.EINVAL]: 'it is registered already, or lacks a callback that it needs',
  [Errno.ENOMEM]: 'no room for another token',
  [Errno.ETIMEDOUT]: 'a callback did not return in time',
};

/** The summary's numbers from what was counted and measured. */
export function summaryCounts(counts: Counts, latenciesUs: readonly number[]): Pick<
  Summary,
  'pairsConnected' | 'disconnected' | 'refused' | 'connectsFailed' | 'connectsAborted' | 'registerLatencyMs' | 'events'
> {
  const { requested, session_expired: sessionExpired, disowned } = counts.disconnected;
  const sorted = latenciesUs.toSorted((a, b) => a - b);
  return {
    pairsConnected: counts.connected,
    disconnected: { requested, sessionExpired, disowned },
    refused: [...counts.refused].map(([result, times]) => ({ result, count: times })),
    connectsFailed: counts.connectsFailed,
    connectsAborted: counts.connectsAborted,
    registerLatencyMs: sorted.length === 0 ? undefined : { calls: sorted.length, p50: percentileMs(sorted, 0.5), p99: percentileMs(sorted, 0.99) },
    events: counts.events,
  };
}

/** The nearest-rank percentile of sorted microseconds, in milliseconds. */
function percentileMs(sortedUs: readonly number[], fraction: number): number {
  return sortedUs[Math.max(0, Math.ceil(fraction * sortedUs.length) - 1)]! / 1000;
}

/** The summary for people, no line wider than 80 columns but for a long path or token. */
export function summaryLines(summary: Summary): string[] {
  return [...whatHappened(summary), '', ...howToLookFurther(summary)];
}

function whatHappened(summary: Summary): string[] {
  const { disconnected, refused, connectsFailed, connectsAborted, registerLatencyMs: latency, restarts } = summary;
  const row = (name: string, value: string | number, more = ''): string => `  ${name.padEnd(18)} ${String(value).padStart(5)}${more === '' ? '' : `  ${more}`}`;
  const total = disconnected.requested + disconnected.sessionExpired + disconnected.disowned;
  const lines = [
    summary.ok ? 'What happened' : 'What happened until it ended early',
    row('pairs connected', summary.pairsConnected, `${summary.pairsStanding} stand at the end`),
    row('disconnected', total, whyDisconnected(summary)),
  ];
  for (const { result, count: times } of refused) lines.push(row('refused', times, `${formatResult(result)}${REFUSALS[result] === undefined ? '' : `: ${REFUSALS[result]}`}`));
  if (refused.length === 0) lines.push(row('refused', 0));
  if (connectsFailed > 0) lines.push(row('connects failed', connectsFailed, 'a callback returned an error'));
  if (connectsAborted > 0) lines.push(row('connects aborted', connectsAborted, 'a side was gone in the middle'));
  lines.push(row('events in the log', summary.events));
  if (latency !== undefined) {
    const times = `p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms to the settled answer`;
    lines.push(row('register calls', latency.calls, times));
  }
  for (const { name, count: times } of restarts) lines.push(row('started again', times, name));
  return lines;
}

function whyDisconnected({ disconnected: { requested, sessionExpired, disowned } }: Summary): string {
  const reasons = [];
  if (requested > 0) reasons.push(`${requested} unregistered`);
  if (sessionExpired > 0) reasons.push(`${sessionExpired} expired`);
  if (disowned > 0) reasons.push(`${disowned} disowned`);
  return reasons.join(', ');
}

function howToLookFurther({ keeps, natsUrl, ownServer, stateDir: absolute, token }: Summary): string[] {
  const stateDir = shortest(absolute);
  const files = ['Where it is kept', `  the event log     ${ownServer ? `${stateDir}/nats` : `on ${natsUrl}`}`, `  what each wrote   ${stateDir}/logs`, ''];
  if (!keeps) {
    return [
      ...files,
      'To look further, let it run on with `npm start -- --keep`; in another terminal:',
      '  npm run irqmesh -- list             who is registered, and with whom',
      '  npm run irqmesh -- watch            events as they come',
      '  npm run irqmesh -- explain TOKEN    why a token is or is not connected',
    ];
  }
  return [
    ...files,
    `It goes on at ${natsUrl} until Ctrl-C. In another terminal:`,
    '  npm run irqmesh -- list             who is registered, and with whom',
    '  npm run irqmesh -- watch            events as they come',
    ...(token === undefined ? [] : [`  npm run irqmesh -- explain ${token}`]),
    '  npm run irqmesh -- doctor           is everything as it should be?',
  ];
}

/** Relative where that is shorter. */
function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}

/** `9 vectors of 2 VMs`, for the line that introduces a host. */
export function sizeOf(vectors: number, vms: number): string {
  return `${count(vectors, 'vector')} of ${count(vms, 'VM')}`;
}
