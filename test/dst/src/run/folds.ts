import type { Fold } from '@irqmesh/domain';
import type { ServiceProcess } from '../processes/service-process.ts';

/** How the services' folds differ from the log's own; a sentence each, none when all are equal. */
export function foldDifferences(services: readonly ServiceProcess[], fold: Fold, when: string): string[] {
  const wanted = describeFold(fold);
  return services.flatMap((service) => {
    const { follower } = service;
    if (follower === undefined) return [`${service.node} does not run ${when}`];
    if (follower.fold.position !== fold.position) return [`${service.node}'s fold is at ${follower.fold.position} ${when}, the log at ${fold.position}`];
    const found = describeFold(follower.fold);
    return found === wanted ? [] : [`${service.node}'s fold differs from the log ${when}: ${found} instead of ${wanted}`];
  });
}

/** Everything of a fold that decisions rest on; where idle tokens end is left out, which a restored fold does not know. */
function describeFold(fold: Fold): string {
  const tokens = [...fold.tokens()]
    .map(({ token, producer, consumer, connected, queue }) => ({ token, producer, consumer, connected, queue }))
    .sort((a, b) => (a.token < b.token ? -1 : 1));
  const { participants } = fold.snapshot();
  const memories = participants.map((memory) => JSON.stringify(memory)).sort();
  return JSON.stringify({ tokens, memories });
}
