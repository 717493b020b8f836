import type { Fold, TokenState } from '@irqmesh/domain';
import { describeFold } from '@irqmesh/test-history';
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

/** Of tokens that are not idle; of idle ones a fold need not know it. */
function lastSequenceDifferences(fold: Fold, whole: Fold, restored: boolean): string[] {
  const lastOf = ({ lastSequence }: TokenState) => Object.entries(lastSequence);
  return [...whole.tokens()].flatMap((state) => {
    const found = Object.fromEntries(lastOf(fold.token(state.token)));
    return lastOf(state).flatMap(([kind, last]) => (found[kind] === last || (restored && found[kind] === 0) ? [] : [`the last ${kind} event of ${state.token} is ${found[kind]} instead of ${last}`]));
  });
}
