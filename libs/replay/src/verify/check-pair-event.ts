import { goneSides, nextOperation, SIDES } from '@irqmesh/domain';
import type { PairEvent, PairOperation, Side } from '@irqmesh/domain';
import { checkAbortedRuns } from './aborted-runs.ts';
import { checkConnectRuns, checkDisconnectRuns } from './callback-runs.ts';
import type { Breach } from './entry.ts';
import type { TokenTrack } from './token-track.ts';

/** Whether a matcher could decide so: the operation is the one to be settled, and its callbacks make this outcome. */
export function checkPairEvent(body: PairEvent, track: TokenTrack): Breach | undefined {
  const operation = nextOperation(track.state);
  const mistake = mistakenOperation(body, track, operation) ?? mistakenOutcome(body, operation!);
  if (mistake !== undefined) return { invariant: 'outcome', sentence: mistake };
  const gone = {
    opened: goneSides(nextOperation(track.opened)!),
    offered: goneSides(nextOperation(track.offered)!),
    now: goneSides(operation!),
  };
  const unjust = mistakenGone(body, gone);
  if (unjust !== undefined) return { invariant: 'outcome', sentence: unjust };
  const wrong = mistakenRuns(body, operation!, gone);
  return wrong === undefined ? undefined : { invariant: 'runs', sentence: wrong };
}

/** The sides whose expiry a matcher surely knew when it began, surely knew when it decided, and may have known then. */
interface GoneSides {
  readonly opened: readonly Side[];
  readonly offered: readonly Side[];
  readonly now: readonly Side[];
}

function mistakenOperation({ operationSequence }: PairEvent, { outcomes }: TokenTrack, operation: PairOperation | undefined): string | undefined {
  const settled = outcomes.find((outcome) => outcome.operationSequence === operationSequence);
  if (settled !== undefined) return `operation ${operationSequence} has its outcome already, event ${settled.sequence}`;
  if (operation === undefined) return `it settles operation ${operationSequence}, and none of its token is open`;
  return operation.sequence === operationSequence ? undefined : `it settles operation ${operationSequence}, and it is the turn of ${operation.sequence}`;
}

function mistakenOutcome(body: PairEvent, { kind, producer, consumer, sequence, causedBy }: PairOperation): string | undefined {
  if ((body.type === 'PairDisconnected') !== (kind === 'disconnect')) return `operation ${sequence}, which it settles, is a ${kind}`;
  if (body.producerSequence !== producer.sequence || body.consumerSequence !== consumer.sequence) {
    return `its pair is that of events ${producer.sequence} and ${consumer.sequence}, and it names ${body.producerSequence} and ${body.consumerSequence}`;
  }
  return 'newcomer' in body && body.newcomer !== causedBy ? `the newcomer is the ${causedBy}, and it names the ${body.newcomer}` : undefined;
}

/** Rule 6. A connect that was settled before an expiry, and stored behind it, is void; one settled in spite of it is wrong. */
function mistakenGone(body: PairEvent, { offered, now }: GoneSides): string | undefined {
  if (body.type === 'PairDisconnected') return undefined;
  if (body.type !== 'ConnectAborted') {
    return offered.length === 0 ? undefined : `the ${offered.join(' and the ')} had gone before: only ConnectAborted may settle the connect`;
  }
  const { gone } = body;
  const unknown = gone.filter((side) => !now.includes(side));
  if (unknown.length > 0 || gone.length === 0) return `it says that the ${unknown.join(' and the ') || 'nobody'} has gone, and no expiry in the log does`;
  const missing = offered.filter((side) => !gone.includes(side));
  return missing.length === 0 ? undefined : `it does not say that the ${missing.join(' and the ')} has gone`;
}

function mistakenRuns(body: PairEvent, operation: PairOperation, { opened, now }: GoneSides): string | undefined {
  const early = SIDES.filter((side) => opened.includes(side)).find((side) => body.runs.some((run) => run.side === side && !run.skipped));
  if (early !== undefined) return `it records a callback of the ${early}, which had gone before the operation began`;
  if (body.type === 'PairDisconnected') return checkDisconnectRuns(body.runs, operation, now);
  return body.type === 'ConnectAborted' ? checkAbortedRuns(body, operation) : checkConnectRuns(body, operation);
}
