import { formatResult, NO_PROGRESS, plan, withReply } from '@irqmesh/domain';
import type { CallbackRun, ConnectFailed, Next, PairConnected, PairOperation, Progress, Side } from '@irqmesh/domain';

/** Plans the connect anew, each callback answered by what the event records. @returns what differs, if anything does. */
export function checkConnectRuns(body: PairConnected | ConnectFailed, operation: PairOperation): string | undefined {
  const planned = nobodyGone(operation);
  let progress: Progress = NO_PROGRESS;
  let next: Next = plan(planned, progress);
  for (const run of body.runs) {
    if ('outcome' in next) return `it records ${describe(run)}, and no callback is due any more`;
    const { call } = next;
    const due = call.kind === 'steps' ? call.steps[0] : undefined;
    if (run.side !== call.side || run.callback !== due || run.skipped) return `it records ${describe(run)}, and ${due} of the ${call.side} is due`;
    progress = withReply(progress, call, [run]);
    next = plan(planned, progress);
  }
  if ('call' in next) return `it records no ${next.call.kind === 'steps' ? next.call.steps[0] : next.call.kind} of the ${next.call.side}, which is due`;
  const { outcome } = next;
  const planResult = outcome.type === 'ConnectFailed' ? outcome.result : 0;
  const result = body.type === 'ConnectFailed' ? body.result : 0;
  return planResult === result ? undefined : `its callbacks make the result ${formatResult(planResult)}, and it says ${formatResult(result)}`;
}

/**
 * The callbacks of a disconnect stand there all, in their order; from some point on those of a gone side are skipped.
 * @param gone the sides whose expiry stands before the event.
 */
export function checkDisconnectRuns(runs: readonly CallbackRun[], operation: PairOperation, gone: readonly Side[]): string | undefined {
  const due = dueInDisconnect(operation);
  const skipping = new Set<Side>();
  for (const [index, run] of runs.entries()) {
    const step = due[index];
    if (step === undefined) return `it records ${describe(run)}, and no callback is due any more`;
    if (run.side !== step.side || run.callback !== step.callback) return `it records ${describe(run)}, and ${describe(step)} is due`;
    if (!run.skipped && skipping.has(run.side)) return `it records ${describe(run)}, and an earlier callback of that side was skipped`;
    if (!run.skipped) continue;
    if (!gone.includes(run.side)) return `it skips ${describe(run)}, which has not gone`;
    if (run.result !== 0 || run.durationUs !== 0) return `it skips ${describe(run)}, and yet records a result or a duration for it`;
    skipping.add(run.side);
  }
  const missing = due[runs.length];
  return missing === undefined ? undefined : `it records no ${describe(missing)}, which is due`;
}

/** What a disconnect records when nobody answers: every callback that is supplied, in order. */
function dueInDisconnect(operation: PairOperation): readonly CallbackRun[] {
  const { producer, consumer } = operation;
  const next = plan({ ...operation, producer: { ...producer, gone: true }, consumer: { ...consumer, gone: true } }, NO_PROGRESS);
  return 'outcome' in next ? next.outcome.runs : [];
}

/** A connect's callbacks run only while nobody has gone, whatever has come since. */
function nobodyGone(operation: PairOperation): PairOperation {
  const { producer, consumer } = operation;
  return { ...operation, producer: { ...producer, gone: false }, consumer: { ...consumer, gone: false } };
}

export function describe({ side, callback }: Pick<CallbackRun, 'side' | 'callback'>): string {
  return `${callback} of the ${side}`;
}
