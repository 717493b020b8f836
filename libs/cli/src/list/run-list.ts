import type { Participant } from '@irqmesh/domain';
import type { RegistrationViewMessage } from '@irqmesh/protocol';
import { withMesh } from '../connection.ts';
import { printJson } from '../output/json.ts';
import { nameOnToken, printable } from '../output/printable.ts';
import { table } from '../output/table.ts';
import type { Column } from '../output/table.ts';
import { joinPairs } from './pairs.ts';
import type { PairRow } from './pairs.ts';
import { loadRegistrations } from './registrations.ts';

export interface ListOptions {
  readonly what: 'producers' | 'consumers' | 'pairs';
  readonly host: string | undefined;
  readonly tokenPrefix: string;
  readonly limit: number | undefined;
  readonly json: boolean;
}

/** The most registrations of a side that are held in memory. */
const MAX_REGISTRATIONS = 1_000_000;

const PRODUCER_COLUMNS: readonly Column[] = [{ title: 'TOKEN' }, { title: 'PRODUCER' }, { title: 'IRQ', align: 'right' }, { title: 'STATE' }, { title: 'CONSUMER' }];
const CONSUMER_COLUMNS: readonly Column[] = [{ title: 'TOKEN' }, { title: 'CONSUMER' }, { title: 'STATE' }, { title: 'PRODUCER' }];
const PAIR_COLUMNS: readonly Column[] = [{ title: 'TOKEN' }, { title: 'PRODUCER' }, { title: 'IRQ', align: 'right' }, { title: 'CONSUMER' }, { title: 'STATE' }];

/** Prints what is registered, as a table or as JSON. */
export async function runList(options: ListOptions): Promise<void> {
  if (options.what === 'pairs') await listPairs(options);
  else await listSide(options);
}

async function listSide({ what, host, tokenPrefix, limit, json }: ListOptions): Promise<void> {
  const side = what === 'producers' ? 'producer' : 'consumer';
  const selection = { host, tokenPrefix, limit: limit ?? MAX_REGISTRATIONS };
  const { rows, more } = await withMesh('list', ({ connection }) => loadRegistrations(connection, side, selection));
  if (json) printJson(rows);
  else if (rows.length === 0) process.stdout.write(`no ${side} is registered\n`);
  else process.stdout.write(side === 'producer' ? table(PRODUCER_COLUMNS, rows.map(producerRow)) : table(CONSUMER_COLUMNS, rows.map(consumerRow)));
  if (more) tellOfMore(rows.length);
}

async function listPairs({ host, tokenPrefix, limit, json }: ListOptions): Promise<void> {
  // Both sides whole, whatever the limit is: else a consumer of a later page would seem to be missing.
  const selection = { host, tokenPrefix, limit: MAX_REGISTRATIONS };
  const [producers, consumers] = await withMesh('list', ({ connection }) =>
    Promise.all([loadRegistrations(connection, 'producer', selection), loadRegistrations(connection, 'consumer', selection)]),
  );
  const all = joinPairs(producers.rows, consumers.rows);
  const rows = all.slice(0, limit);
  if (json) printJson(rows);
  else if (rows.length === 0) process.stdout.write('nothing is registered\n');
  else process.stdout.write(`${table(PAIR_COLUMNS, rows.map(pairCells))}\n${summary(all)}\n`);
  if (producers.more || consumers.more || rows.length < all.length) tellOfMore(rows.length);
}

function tellOfMore(shown: number): void {
  process.stderr.write(`irqmesh: there are more than these ${shown}; narrow with --host or --token-prefix, or raise --limit\n`);
}

function producerRow({ token, participant, irq, state, peer }: RegistrationViewMessage): string[] {
  return [printable(token), nameOnToken(participant, token), String(irq ?? '-'), state, nameOrDash(peer, token)];
}

function consumerRow({ token, participant, state, peer }: RegistrationViewMessage): string[] {
  return [printable(token), nameOnToken(participant, token), state, nameOrDash(peer, token)];
}

function pairCells({ token, producer, irq, consumer, state }: PairRow): string[] {
  return [printable(token), nameOrDash(producer, token), String(irq ?? '-'), nameOrDash(consumer, token), state];
}

function nameOrDash(participant: Participant | undefined, token: string): string {
  return participant === undefined ? '-' : nameOnToken(participant, token);
}

/** `12 tokens: 10 connected, 2 no consumer`. */
function summary(rows: readonly PairRow[]): string {
  const counts = new Map<string, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].map(([state, number]) => `${number} ${state}`);
  return `${rows.length} token${rows.length === 1 ? '' : 's'}: ${parts.join(', ')}`;
}
