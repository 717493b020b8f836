import type { ParticipantMemory, Side, TokenState } from '@irqmesh/domain';
import { DEFAULT_FOLD_LIMITS, isAtRest, isIdle, participantKey, withNothingSettled } from '@irqmesh/domain';
import type { Checkpoint } from '@irqmesh/event-log';
import { assertFollows } from './port.ts';
import type { ReadModel, ReadModelBatch, RegistrationQuery, RegistrationRow, StoredFold } from './port.ts';
import { newestOf, registrationRows } from './registration-rows.ts';

/** The twin of SqliteReadModel, for tests and the simulator. What it holds outlives `close`, as a file does. */
export class InMemoryReadModel implements ReadModel {
  private checkpoint: Checkpoint | undefined;
  private readonly tokens = new Map<string, TokenState>();
  private readonly active = new Map<string, ParticipantMemory>();
  /** Participants at rest, the longest first. */
  private readonly resting = new Map<string, ParticipantMemory>();
  private readonly restingLimit: number;

  constructor(restingLimit: number = DEFAULT_FOLD_LIMITS.restingParticipants) {
    this.restingLimit = restingLimit;
  }

  async load(): Promise<StoredFold | undefined> {
    if (this.checkpoint === undefined) return undefined;
    const participants = [...this.active.values(), ...this.resting.values()];
    const snapshot = { position: this.checkpoint.sequence, tokens: [...this.tokens.values()], participants };
    return { checkpoint: this.checkpoint, snapshot };
  }

  async write({ checkpoint, tokens, participants }: ReadModelBatch): Promise<void> {
    assertFollows(this.checkpoint, checkpoint);
    // All that reads the batch comes before the first change, so that a batch that cannot be read changes nothing.
    const states = tokens.map((state) => ({ state: withNothingSettled(state), idle: isIdle(state) }));
    const memories = participants.map((memory) => ({ memory, key: participantKey(memory.side, memory.participant), atRest: isAtRest(memory) }));
    for (const { state, idle } of states) {
      if (idle) this.tokens.delete(state.token);
      else this.tokens.set(state.token, state);
    }
    for (const { memory, key, atRest } of memories) {
      this.active.delete(key);
      this.resting.delete(key);
      (atRest ? this.resting : this.active).set(key, memory);
    }
    this.dropOldestResting();
    this.checkpoint = checkpoint;
  }

  async list({ side, host, tokenPrefix = '', afterSequence, limit }: RegistrationQuery): Promise<RegistrationRow[]> {
    const matching: RegistrationRow[] = [];
    for (const state of this.tokens.values()) {
      if (!state.token.startsWith(tokenPrefix)) continue;
      for (const row of registrationRows(state)) {
        const { side: rowSide, sequence, participant } = row.registration;
        if (rowSide === side && sequence > afterSequence && (host === undefined || participant.host === host)) matching.push(row);
      }
    }
    return matching.sort((a, b) => a.registration.sequence - b.registration.sequence).slice(0, limit);
  }

  async get(side: Side, token: string): Promise<RegistrationRow | undefined> {
    const state = this.tokens.get(token);
    return state === undefined ? undefined : newestOf(registrationRows(state), side);
  }

  async reset(): Promise<void> {
    this.checkpoint = undefined;
    this.tokens.clear();
    this.active.clear();
    this.resting.clear();
  }

  async close(): Promise<void> {}

  private dropOldestResting(): void {
    for (const key of this.resting.keys()) {
      if (this.resting.size <= this.restingLimit) return;
      this.resting.delete(key);
    }
  }
}
