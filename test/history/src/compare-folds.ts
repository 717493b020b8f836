import type { Fold } from '@irqmesh/domain';
import type { LogModel } from './model/log-model.ts';

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

/** Everything of a fold that decisions rest on, but for where tokens end, which a restored one need not know: equal texts, equal folds. */
export function describeFold(fold: Fold): string {
  const tokens = [...fold.tokens()]
    .map(({ token, producer, consumer, connected, queue }) => ({ token, producer, consumer, connected, queue }))
    .sort((a, b) => (a.token < b.token ? -1 : 1));
  const { participants } = fold.snapshot();
  const memories = participants.map((memory) => JSON.stringify(memory)).sort();
  return JSON.stringify({ tokens, memories });
}
