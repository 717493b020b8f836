import type { ParticipantMemory, Side, TokenState } from '@irqmesh/domain';
import type { SqliteConnection } from './better-sqlite3.ts';
import { decodeMemory, impliedMemory } from './participant-memory-codec.ts';
import type { StoredFold } from './port.ts';
import { SqliteCheckpoint } from './sqlite-checkpoint.ts';
import { decodeTokenState } from './token-state-codec.ts';

/**
 * Reads all that a batch writer wrote, undefined if that is nothing. Rows are read one by one as arrays, past TypeORM,
 * and a token costs one row: about 0.8 s of CPU time for 100,000 connected pairs, on the machine it was measured on.
 * @throws DamagedRowError for a row that cannot be read back.
 */
export function readFold(connection: SqliteConnection): StoredFold | undefined {
  const checkpoint = new SqliteCheckpoint(connection).read();
  if (checkpoint === undefined) return undefined;
  const tokens = readTokens(connection);
  // Later memories of a participant take the place of earlier ones, so what is stored comes after what is implied.
  const participants = [...impliedMemories(tokens, 'producer'), ...impliedMemories(tokens, 'consumer'), ...readParticipants(connection)];
  return { checkpoint, snapshot: { position: checkpoint.sequence, tokens, participants } };
}

function readTokens(connection: SqliteConnection): TokenState[] {
  const tokens: TokenState[] = [];
  const rows = connection.prepare('SELECT token, state FROM token_states').raw().iterate() as Iterable<[string, string]>;
  for (const [token, state] of rows) tokens.push(decodeTokenState(token, state));
  return tokens;
}

function readParticipants(connection: SqliteConnection): ParticipantMemory[] {
  const participants: ParticipantMemory[] = [];
  const rows = connection.prepare('SELECT memory FROM participants ORDER BY position').pluck().iterate() as Iterable<string>;
  for (const memory of rows) participants.push(decodeMemory(memory));
  return participants;
}

/** What the tokens' registrations of a side imply, by ascending sequence: of a participant with several, the newest counts. */
function impliedMemories(tokens: readonly TokenState[], side: Side): ParticipantMemory[] {
  const memories: ParticipantMemory[] = [];
  for (const state of tokens) {
    const holder = state[side];
    if (holder !== undefined) memories.push(impliedMemory(state, holder));
    // Most queues are empty, and a million times a generator is what a restart would feel.
    if (state.queue.length === 0) continue;
    for (const operation of state.queue) {
      if (operation.kind === 'register' && operation.registration.side === side) memories.push(impliedMemory(state, operation.registration));
    }
  }
  return memories.sort((a, b) => a.register.sequence - b.register.sequence);
}
