// Small, realistic mistakes, each an edit of the sources. `rule` is the rule of DESIGN section 4 that it breaks, where it
// breaks one. An edit's `find` must stand in its file exactly once. Where two places keep a rule, each making up for the
// other, both are edited.

const AGENT = 'libs/client/src/agent/participant-agent.ts';
const SESSION_AGENT = 'libs/client/src/agent/session-agent.ts';
const SLOT = 'libs/client/src/participants/participant-slot.ts';
const LEASE = 'libs/client/src/session/session-lease.ts';
const SETTLE = 'libs/client/src/calls/settle.ts';
const BATCHER = 'libs/client/src/calls/batcher.ts';
const COMMANDS = 'libs/client/src/calls/session-commands.ts';
const GROUP = 'libs/client/src/agent/quiesce-group.ts';
const PLAN = 'libs/domain/src/plan.ts';
const STATE = 'libs/domain/src/token-state.ts';
const FOLD = 'libs/domain/src/fold.ts';
const DECIDE = 'libs/domain/src/decide.ts';
const LEASE_TERMS = 'libs/domain/src/lease.ts';
const DRIVE = 'services/matcher/src/matcher/operation-drive.ts';
const MATCHER = 'services/matcher/src/matcher/matcher.ts';
const REGISTRY = 'libs/registry/src/registry/registry.ts';
const APPENDER = 'libs/registry/src/registry/appender.ts';
const EXPIRY = 'libs/registry/src/sessions/session-expiry.ts';
const HOLDINGS = 'libs/registry/src/sessions/holdings-check.ts';
const ROUTER = 'libs/registry/src/agents/agent-router.ts';
const FOLLOWER = 'libs/registry/src/follower/log-follower.ts';
const LEASES = 'libs/registry/src/buckets/partition-leases.ts';

function mutation(rule, what, ...edits) {
  return { rule, what, edits: edits.map(([file, find, replace]) => ({ file, find, replace })) };
}

const agents = [
  mutation(1, 'the matcher decides a timeout: no answer counts as -110', [
    DRIVE,
    "    if (reply.kind === 'done') {",
    "    if (reply.kind === 'unanswered' && call.kind === 'steps') { this.progress = withReply(this.progress, call, [{ side: call.side, callback: call.steps[0]!, result: -110, durationUs: 0, skipped: false }]); return; }\n    if (reply.kind === 'done') {",
  ]),
  mutation(1, 'an add that succeeds after its -110 is not undone', [AGENT, "if (answer.overran && callback === ADD[this.holding.side] && result === 0)", 'if (false)']),
  mutation(1, 'after a -110 the agent does not wait for the callback that overran', [AGENT, '    const result = await call.returned;\n', '    const result = answer.result;\n']),
  mutation(2, 'the memory of an operation is dropped once it has answered', [
    AGENT,
    'if (answer !== undefined) return answer;',
    "if (answer !== undefined) {\n        if (answer.status === 'done') this.memory = undefined;\n        return answer;\n      }",
  ]),
  mutation(2, 'a step of an older operation is run', [AGENT, 'known !== undefined && item.operationSequence < known.sequence', 'known !== undefined && item.operationSequence < 0']),
  mutation(2, "the registration's request id in an invoke is not looked at", [AGENT, 'item.registrationRequestId !== this.holding.requestId', "item.registrationRequestId === ''"]),
  mutation(2, 'a merged call goes on after a failure', [AGENT, '      if (result !== 0) return;\n', '']),
  mutation(3, 'rollback by single steps, from what the matcher knows', [
    PLAN,
    "  if (pending !== undefined) return { call: { kind: 'rollback', side: pending } };",
    "  const ran = (callback: Callback): boolean => progress.runs.some((run) => run.side === pending && run.callback === callback);\n  const undoing = (['del_consumer', 'del_producer', 'start'] as const).filter((callback) => pending !== undefined && operation[pending].callbacks.includes(callback) && progress.runs.some((run) => run.side === pending) && !ran(callback));\n  if (pending !== undefined && undoing.length > 0) return { call: { kind: 'steps', side: pending, steps: undoing } };",
  ]),
  mutation(3, 'a rollback does not seal its operation', [AGENT, '      memory.sealed = true;\n', '']),
  mutation(3, 'a rollback undoes nothing', [AGENT, 'if (memory.runs.length > 0) await this.undo();', '']),
  mutation(4, 'an agent that cannot renew goes on', [LEASE, 'if (this.options.clock.monotonicMs() - this.sinceMs < this.terms.fenceAfterMs) return true;', 'return true;']),
  mutation(4, 'a lapsed lease refuses invokes, and tears nothing down', [AGENT, 'this.fencing ??= this.whenFree(() => this.undo());', 'this.fencing ??= this.whenFree(async () => {});']),
  mutation(4, 'an agent fences itself only after its key has run out', [LEASE_TERMS, 'fenceAfterMs: Math.floor(ttlMs * 0.4)', 'fenceAfterMs: Math.floor(ttlMs * 1.2)']),
  mutation(4, 'an agent that renews and leaves invokes unanswered is not expired', [ROUTER, '    void this.options.onUnanswering(lane.session).then((isSeenTo) => void (lane.reported = isSeenTo));\n', '']),
  mutation(5, 'unregister does not wait for its register', [SLOT, 'this.queue.run(() => this.carryOutUnregister(expected, deadline))', 'this.carryOutUnregister(expected, deadline)']),
  mutation(5, 'a second registration of a participant is asked for', [SLOT, 'if (this.current !== undefined) {', 'if (false) {'], [SESSION_AGENT, 'if (this.agents.has(key)) {', 'if (false) {']),
  mutation(5, 'after unregister resolved, invokes are still taken', [
    SESSION_AGENT,
    "    await agent.fence('this registration has ended');\n    await agent.quiet();\n",
    '',
  ]),
];

const matchers = [
  mutation(6, 'PairConnected counts after an expiry', [STATE, "return (event.type === 'ConnectAborted') !== anyGone;", "return event.type === 'ConnectAborted' && !anyGone;"]),
  mutation(6, 'a side that does not answer counts as gone', [
    DRIVE,
    "    if (reply.kind === 'done') {",
    "    if (reply.kind === 'unanswered' && operation.kind === 'connect') return this.settle({ type: 'ConnectAborted', producerSequence: operation.producer.sequence, consumerSequence: operation.consumer.sequence, operationSequence: operation.sequence, runs: this.progress.runs, newcomer: operation.causedBy, gone: [call.side] });\n    if (reply.kind === 'done') {",
  ]),
  mutation(6, 'a connect goes on after a stop that failed', [PLAN, 'const failedStop = stops.find((step) => isFailure(runOf(runs, step)));', 'const failedStop = stops.find(() => false);']),
  mutation(6, 'a newcomer that is gone is registered', [STATE, 'return registration.gone ? { ...state, ...done(Errno.ENODEV) }', 'return registration.gone && state.connected ? { ...state, ...done(Errno.ENODEV) }']),
  mutation(7, 'a matcher that loses its lease rolls back', [
    DRIVE,
    '      stall.cancel();\n',
    "      stall.cancel();\n      const left = nextOperation(this.options.follower.fold.token(this.token));\n      if (left?.sequence === this.operationSequence && left.kind === 'connect') for (const side of ['producer', 'consumer'] as const) void this.invoke(left, { kind: 'rollback', side });\n",
  ]),
  mutation(7, 'an outcome is appended without an expectation, trusting the lease', [DRIVE, 'log.append({ event, expectedLastSequence })', 'log.append({ event: { ...event, id: `${event.id}:${source}` } })']),
];

const registries = [
  mutation(8, 'a refusal comes from a stale fold', [REGISTRY, 'return await this.options.appender.refresh(freshTokens, deadlineMs);', 'return true;']),
  mutation(8, 'on a replicated log, a refusal believes whoever takes itself for the leader', [REGISTRY, 'this.options.log.replicas > 1', 'this.options.log.replicas > 99']),
  mutation(8, 'an unregister is answered by a fold that does not know its registration yet', [REGISTRY, "      if (!(await follower.whenPosition(registrationSequence, this.leftMs(context)))) return NOT_APPENDED;\n", '']),
  mutation(9, 'EBUSY is said while the holder is not settled', [DECIDE, "    if (isOpen(state, holder.sequence)) return { kind: 'wait', token, operationSequence: holder.sequence };\n", '']),
  mutation(9, 'a holder whose unregister is in the log keeps the token', [STATE, 'return registration?.leavingSequence === undefined ? registration : undefined;', 'return registration;']),
  mutation(10, 'a registry decides after the deadline of a request', [REGISTRY, 'return context.deadlineMs - this.options.clock.nowMs();', 'return Math.max(1_000, context.deadlineMs - this.options.clock.nowMs());']),
  mutation(10, 'a refusal is told before the deadlines of earlier attempts', [SETTLE, '(settled.isFinal || openUntilMs <= settled.sentMs)', '(settled.isFinal || settled.sentMs > 0)'], [BATCHER, 'const REPLY_GRACE_MS = 500;', 'const REPLY_GRACE_MS = -4_500;']),
  mutation(10, 'a register that may have been carried out is forgotten when its caller gives up', [SETTLE, 'if (command.abandoned?.aborted === true && !mayStand) return GIVEN_UP;', 'if (command.abandoned?.aborted === true && openUntilMs <= clock.monotonicMs()) return GIVEN_UP;']),
  mutation(11, 'an unregister does not name the registration that it ends', [DECIDE, 'if (memory?.register.requestId !== registrationRequestId) return nothing;', 'if (memory === undefined) return nothing;']),
  mutation(11, 'a repeated register is taken for a new one', [DECIDE, 'if (memory?.register.requestId === requestId) {', 'if (memory?.register.requestId === requestId && fold.position < 0) {']),
  mutation(11, 'a late copy of an earlier register is taken for a new one', [DECIDE, 'if (memory !== undefined && isEarlierRequest(requestId, memory.register.requestId)) {', 'if (memory !== undefined && fold.position < 0 && isEarlierRequest(requestId, memory.register.requestId)) {']),
  mutation(12, 'no expiry is appended behind a queued unregister', [DECIDE, 'if (registration === undefined || registration.gone) return undefined;', 'if (registration === undefined || registration.leavingSequence !== undefined) return undefined;']),
  mutation(12, 'a registration that appears under a dead session stands', [EXPIRY, 'if (await this.options.directory.fence(session)) this.onGone(session);', 'return;']),
  mutation(12, 'what an agent disowns is kept', [HOLDINGS, '        await this.options.expiry().disown(token, registration.sequence);\n', '']),
  mutation(13, 'the fold merges streams: pair events come when they come', [
    FOLLOWER,
    '  private applyEvent(event: LogEvent): void {\n',
    "  private applyEvent(event: LogEvent): void {\n    if ('operationSequence' in event.body) this.options.clock.after(40, () => this.applyMerged(event));\n    else this.applyMerged(event);\n  }\n\n  private applyMerged(event: LogEvent): void {\n",
  ], [FOLD, '    if (event.sequence <= this.position) return withNothingSettled(before);\n    this.position = event.sequence;\n', '    this.position = Math.max(this.position, event.sequence);\n']),
];

const others = [
  mutation(undefined, 'registries append without an expectation', [APPENDER, 'this.log.append({ event, expectedLastSequence })', 'this.log.append({ event, expectedLastSequence: await this.log.leaderLastSequence(event.token, kind) })']),
  mutation(undefined, 'a rollback is skipped', [PLAN, 'const pending = SIDES.find((side) => !gone.includes(side) && !progress.rolledBack.includes(side));', 'const pending = SIDES.find(() => false);']),
  mutation(undefined, 'unregister resolves before its disconnect is done', [
    REGISTRY,
    "if (step.kind === 'operation') return this.awaitOperation(",
    "if (step.kind === 'operation' && verb === 'unregister') return settledOutcome(0, step.sequence);\n      if (step.kind === 'operation') return this.awaitOperation(",
  ]),
  mutation(undefined, 'register resolves while its operation is open', [SETTLE, "attempt.outcome.settlement !== 'settled') return undefined;\n  const", "attempt.outcome.settlement === 'not_appended') return undefined;\n  const"]),
  mutation(undefined, 'unregister does not wait for a callback that overran', [SLOT, 'if (this.ending !== undefined) await unlessAborted(this.ending, deadline.signal);\n  }', '}']),
  mutation(undefined, 'a matcher appends again before its fold has passed a conflict', [DRIVE, 'while (!(await follower.whenPosition(sequence, FOLD_WAIT_MS))) if (this.current() === undefined) return;', 'await follower.whenPosition(sequence, FOLD_WAIT_MS);']),
  mutation(undefined, 'what waited behind a drive is not looked at when it ends', [MATCHER, '      this.consider(this.options.follower.fold.token(token));\n      this.considerNext();\n', '      this.considerNext();\n']),
  mutation(undefined, 'disconnect deletes the consumer first', [
    PLAN,
    "    { side: 'consumer', callback: 'del_producer' },\n    { side: 'producer', callback: 'del_consumer' },\n",
    "    { side: 'producer', callback: 'del_consumer' },\n    { side: 'consumer', callback: 'del_producer' },\n",
  ]),
  mutation(undefined, 'a failed add_producer is not followed by del_consumer', [PLAN, 'steps: [...stops, addConsumer, addProducer, undo, ...starts]', 'steps: [...stops, addConsumer, addProducer, ...starts]']),
  mutation(undefined, 'a positive result counts as success', [PLAN, 'return run !== undefined && run.result !== 0;', 'return run !== undefined && run.result < 0;']),
  mutation(undefined, 'a newcomer stays registered after ConnectFailed', [STATE, 'return { ...state, ...done(event.result) };', 'return { ...state, ...done(event.result), ...registered };']),
  mutation(undefined, "a driver's result is not passed on unchanged", [PLAN, 'newcomer: operation.causedBy, result: failure }', 'newcomer: operation.causedBy, result: Math.min(failure, -1) }']),
  mutation(undefined, 'a restored fold does not know which registrations a session has', [FOLD, '      for (const registration of registrationsIn(state)) fold.indexRegistration(registration, state.token);\n', '']),
  mutation(undefined, 'the first to leave a quiesce group starts it', [GROUP, 'this.entries.size === 0 && this.owed.size > 0', 'this.owed.size > 0']),
  mutation(undefined, 'a register that is sent again has another request id', [COMMANDS, 'send: () => register.submit(item)', 'send: () => register.submit({ ...item, requestId: `${item.requestId}${random.id()}` })']),
  mutation(undefined, 'a registration lost with its session is not restored', [SLOT, 'if (restoring) this.queue.run(() => this.restore(record))', 'if (restoring && record.request.id === "") this.queue.run(() => this.restore(record))']),
];

/** What only the history tells: what the log says of it looks right, or nothing is said at all. */
const hidden = [
  mutation(undefined, 'ConnectAborted records no callbacks', [DRIVE, '      body: outcome,', "      body: outcome.type === 'ConnectAborted' ? { ...outcome, runs: [] } : outcome,"]),
  mutation(undefined, 'ConnectAborted records its callbacks backwards and names the wrong newcomer', [
    DRIVE,
    '      body: outcome,',
    "      body: outcome.type === 'ConnectAborted' ? { ...outcome, newcomer: outcome.newcomer === 'producer' ? 'consumer' : 'producer', runs: [...outcome.runs].reverse() } : outcome,",
  ]),
  mutation(undefined, 'a participant lost for good is refused -EINVAL for ever', [SLOT, '    else this.drop(record);\n', "    else record.state = 'lost';\n"]),
  mutation(undefined, 'unregister of a producer without stop, start and del returns before its disconnect', [
    REGISTRY,
    "if (step.kind === 'operation') return this.awaitOperation(",
    "if (step.kind === 'operation' && verb === 'unregister' && this.side === 'producer' && this.options.follower.fold.token(command.token).producer?.callbacks.every((name) => name === 'add_consumer') === true) return settledOutcome(0, step.sequence);\n      if (step.kind === 'operation') return this.awaitOperation(",
  ]),
  mutation(1, 'a callback may take four times its deadline', [AGENT, '{ clock: this.options.clock, deadlineMs, onError }', '{ clock: this.options.clock, deadlineMs: 4 * deadlineMs, onError }']),
  mutation(undefined, 'the matcher deletes the producer first and records the right order', [
    DRIVE,
    '    const next = plan(operation, this.progress);\n',
    "    let next = plan(operation, this.progress);\n    const isDue = 'call' in next && next.call.kind === 'steps' && operation.kind === 'disconnect' && next.call.steps.includes('del_producer');\n    if (isDue && operation.producer.callbacks.includes('del_consumer') && !operation.producer.gone && !this.progress.runs.some(({ callback }) => callback === 'del_consumer')) next = { call: { kind: 'steps', side: 'producer', steps: ['del_consumer'] } };\n",
  ]),
];

/** What the seeds in test/dst/src/regressions found, put back. */
const found = [
  mutation(undefined, 'a lease that lapsed and was renewed tells nobody that it is back (seed 323)', [LEASES, 'if (lapsed) this.options.onGained(partition);', 'void lapsed;']),
  mutation(
    undefined,
    'a missed removal of another matcher keeps its partition from being taken over (seed 364)',
    [LEASES, 'return this.nowMs - (this.takenAtMs.get(partition) ?? -Infinity) < this.options.bucket.ttlMs;', 'return this.takenAtMs.has(partition);'],
    [LEASES, '    for (const [matcher, atMs] of this.matchersAtMs) if (this.nowMs - atMs >= this.options.bucket.ttlMs) this.matchersAtMs.delete(matcher);\n', ''],
  ),
  mutation(undefined, 'a drive stopped in the middle of its append keeps its operation from being driven again (seed 1289)', [
    MATCHER,
    '      this.consider(this.options.follower.fold.token(token));\n      this.considerNext();\n',
    '      if (!drive.stopped) this.consider(this.options.follower.fold.token(token));\n      this.considerNext();\n',
  ]),
  mutation(undefined, 'the client believes a registry that says that it is registered already (seed 29)', [COMMANDS, 'ask: () => result.submit(item), isContradicted, ...listener', 'ask: () => result.submit(item), ...listener']),
  mutation(
    undefined,
    'a callback that hangs keeps every registration of its host from being restored (seed 305)',
    [SLOT, 'await unlessAborted(record.basis.session.agent.end(record.basis.agent), record.unwanted);', 'await unlessAborted(record.basis.session.tornDown, record.unwanted);'],
    [SLOT, 'const ending = session.agent.end(agent).then(', 'const ending = (session.ended.aborted ? session.tornDown : session.agent.end(agent)).then('],
  ),
  mutation(undefined, 'a late copy of a register hides a newer one on another token (seed 1602)', [
    FOLD,
    'if (known === undefined || !isEarlierRequest(requestId, known.register.requestId)) this.storeParticipant(',
    'if (known === undefined || known.register.sequence >= 0) this.storeParticipant(',
  ]),
];

export const MUTATIONS = [...agents, ...matchers, ...registries, ...others, ...hidden, ...found];
