import type { ParticipantMemory, Side, TokenState } from '@irqmesh/domain';
import type { SqliteConnection } from './better-sqlite3.ts';
import { decodeMemory, impliedMemory } from './participant-memory-codec.ts';
import type { StoredFold } from './port.ts';
import { registrationsIn } from './registration-rows.ts';
import { SqliteCheckpoint } from './sqlite-checkpoint.ts';
import { decodeTokenState } from './token-state-codec.ts';

/**
 * Reads all that a batch writer wrote, undefined if that is nothing. Rows are read one by one as arrays, past TypeORM,
 * and each token costs one row: that makes XXX.
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
    for (const registration of registrationsIn(state)) {
      if (registration.side === side) memories.push(impliedMemory(state, registration));
    }
  }
  return memories.sort((a, b) => a.register.sequence - b.register.sequence);
}
