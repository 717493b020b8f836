import type { Fold, TokenState } from '@irqmesh/domain';
import type { LogModel } from '@irqmesh/test-history';
import type { ServiceProcess } from '../processes/service-process.ts';

/** When folds are compared, for people; and whether a service may have taken its fold from a read model. */
export interface Occasion {
  readonly when: string;
  /** A fold that was restored may not know where the events of a token that was idle then end, and says 0. */
  readonly restored: boolean;
}

/** How the services' folds differ from the log's own; a sentence each, none when all are equal. */
export function foldDifferences(services: readonly ServiceProcess[], fold: Fold, { when, restored }: Occasion): string[] {
  const wanted = describeFold(fold);
  return services.flatMap((service) => {
    const { follower } = service;
    if (follower === undefined) return [`${service.node} does not run ${when}`];
    if (follower.fold.position !== fold.position) return [`${service.node}'s fold is at ${follower.fold.position} ${when}, the log at ${fold.position}`];
    const found = describeFold(follower.fold);
    if (found !== wanted) return [`${service.node}'s fold differs from the log ${when}: ${found} instead of ${wanted}`];
    return lastSequenceDifferences(follower.fold, fold, restored).map((difference) => `${service.node}'s fold differs from the log ${when}: ${difference}`);
  });
}

/** Where a fold of the log pairs otherwise than the kernel's manager, replayed over the same log; a sentence each. */
export function pairDifferences(fold: Fold, model: LogModel): string[] {
  const describe = (producer: number | undefined, consumer: number | undefined, connected: boolean): string => `producer ${producer ?? 'none'}, consumer ${consumer ?? 'none'}, ${connected ? 'connected' : 'not connected'}`;
  const folded = new Map([...fold.tokens()].map(({ token, producer, consumer, connected }) => [token, describe(producer?.sequence, consumer?.sequence, connected)]));
  const nobody = describe(undefined, undefined, false);
  return [...new Set([...folded.keys(), ...model.tokens.keys()])].flatMap((token) => {
    const replayed = model.tokens.get(token);
    const wanted = replayed === undefined ? nobody : describe(replayed.holders.producer?.sequence, replayed.holders.consumer?.sequence, replayed.connected);
    const found = folded.get(token) ?? nobody;
    return found === wanted ? [] : [`the fold of the log has for ${token}: ${found}; the kernel's manager: ${wanted}`];
  });
}

/** Everything of a fold that decisions rest on, but for where tokens end. */
function describeFold(fold: Fold): string {
  const tokens = [...fold.tokens()]
    .map(({ token, producer, consumer, connected, queue }) => ({ token, producer, consumer, connected, queue }))
    .sort((a, b) => (a.token < b.token ? -1 : 1));
  const { participants } = fold.snapshot();
  const memories = participants.map((memory) => JSON.stringify(memory)).sort();
  return JSON.stringify({ tokens, memories });
}

/** Of tokens that are not idle; of idle ones a fold need not know it. */
function lastSequenceDifferences(fold: Fold, whole: Fold, restored: boolean): string[] {
  const lastOf = ({ lastSequence }: TokenState) => Object.entries(lastSequence);
  return [...whole.tokens()].flatMap((state) => {
    const found = Object.fromEntries(lastOf(fold.token(state.token)));
    return lastOf(state).flatMap(([kind, last]) => (found[kind] === last || (restored && found[kind] === 0) ? [] : [`the last ${kind} event of ${state.token} is ${found[kind]} instead of ${last}`]));
  });
}
