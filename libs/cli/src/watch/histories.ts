import { emptyTokenState, evolve, Fold } from '@irqmesh/domain';
import type { LogEvent, TokenState } from '@irqmesh/domain';
import { MAX_TOKEN_EVENTS } from '@irqmesh/event-log';
import type { EventLog } from '@irqmesh/event-log';

/** What tells how a token stood before an event of the log. Sees each event once, in the order of the log. */
export interface Histories {
  /** The token's state before the event. Must be asked before the event is passed. */
  before(event: LogEvent): TokenState | Promise<TokenState>;
  /** Goes on past the event. */
  pass(event: LogEvent): void;
}

/** For a log read from its beginning: everything is known from what passed. */
export class FoldedHistories implements Histories {
  private readonly fold = new Fold();

  before(event: LogEvent): TokenState {
    return this.fold.token(event.token);
  }

  pass(event: LogEvent): void {
    this.fold.apply(event);
  }
}

/** How many tokens' states are kept. */
const MAX_TOKENS = 10_000;

/** For a log read from some later event on: what was before is looked up, a token at a time, when it is asked for. */
export class LookedUpHistories implements Histories {
  private readonly log: Pick<EventLog, 'readToken'>;
  /** The tokens that were asked for, the longest unused first. */
  private readonly states = new Map<string, TokenState>();
  private readonly maxTokens: number;

  constructor(log: Pick<EventLog, 'readToken'>, maxTokens: number = MAX_TOKENS) {
    this.log = log;
    this.maxTokens = maxTokens;
  }

  before({ token, sequence }: LogEvent): TokenState | Promise<TokenState> {
    return this.states.get(token) ?? this.lookUp(token, sequence);
  }

  pass(event: LogEvent): void {
    const state = this.states.get(event.token);
    if (state === undefined) return;
    this.states.delete(event.token);
    this.states.set(event.token, evolve(state, event));
  }

  private async lookUp(token: string, sequence: number): Promise<TokenState> {
    let state = emptyTokenState(token);
    for (let fromSequence = 1; ; ) {
      const page = await this.log.readToken(token, { fromSequence, limit: MAX_TOKEN_EVENTS });
      const earlier = page.filter((event) => event.sequence < sequence);
      for (const event of earlier) state = evolve(state, event);
      if (page.length < MAX_TOKEN_EVENTS || earlier.length < page.length) break;
      fromSequence = page.at(-1)!.sequence + 1;
    }
    this.keep(state);
    return state;
  }

  private keep(state: TokenState): void {
    this.states.set(state.token, state);
    const [oldest] = this.states.keys();
    if (this.states.size > this.maxTokens) this.states.delete(oldest!);
  }
}
