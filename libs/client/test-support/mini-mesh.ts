import { callbackSet, decideExpiry, decideRegister, decideUnregister, Fold, nextOperation, NO_PROGRESS, otherSide, plan, sleep, withReply } from '@irqmesh/domain';
import type { Call, Clock, Decision, EventBody, LogEvent, PairOperation, Participant, Progress, RegisterCommand, Side, UnregisterCommand } from '@irqmesh/domain';
import type { BatchMessage, HoldingsReplyMessage, InvokeItemMessage, ItemOutcomeMessage, RegisterItemMessage, RegistryReplyMessage, ResultItemMessage, UnregisterItemMessage } from '@irqmesh/protocol';
import { Signal } from '../src/agent/signal.ts';
import type { RegistryCaller } from '../src/calls/registry-caller.ts';
import type { AgentEndpoint, AgentHandler } from '../src/session/agent-endpoint.ts';

const ASK_AGAIN_MS = 10;

/**
 * Both registries and the matcher in one object without a network: the domain's decisions, fold and plan, and agents
 * called directly. It keeps to the protocol as far as an agent can see it.
 */
export class MiniMesh {
  readonly fold = new Fold();
  readonly events: LogEvent[] = [];
  private readonly agents = new Map<string, AgentHandler>();
  private readonly driving = new Set<string>();
  private readonly folded: Signal;
  private readonly clock: Clock;

  private readonly remoteAgent: ((host: string, session: string) => AgentHandler) | undefined;

  /** @param remoteAgent reaches an agent that does not listen at an endpoint of this object. */
  constructor(clock: Clock, remoteAgent?: (host: string, session: string) => AgentHandler) {
    this.clock = clock;
    this.folded = new Signal(clock);
    this.remoteAgent = remoteAgent;
  }

  /** What a host's agent listens on. */
  endpoint(host: string): AgentEndpoint {
    return {
      listen: async (session, handler) => {
        this.agents.set(`${host}.${session}`, handler);
        return { close: async () => void this.agents.delete(`${host}.${session}`) };
      },
    };
  }

  /** The registries, as a host calls them. */
  caller(host: string): RegistryCaller {
    const refuse = () => Promise.reject(new Error('not in the mini mesh'));
    return {
      register: (side, batch) => this.each(batch, (item) => this.register(side, commandOf(host, side, batch.session, item), batch.deadlineMs)),
      unregister: (side, batch) => this.each(batch, (item) => this.unregister(unregisterOf(host, side, batch, item), batch.deadlineMs)),
      result: (side, batch) => this.each(batch, (item) => this.result(side, { host, session: batch.session, id: item.participantId }, item, batch.deadlineMs)),
      list: refuse,
      get: refuse,
    };
  }

  /** The registrations that the log has, as `side id token`. */
  registrations(): string[] {
    return [...this.fold.tokens()].flatMap((state) => [state.producer, state.consumer]
      .filter((registration) => registration !== undefined)
      .map((registration) => `${registration.side} ${registration.participant.id} ${state.token}`));
  }

  /** What an agent says that it holds. */
  holdings(host: string, session: string): HoldingsReplyMessage {
    return this.agents.get(`${host}.${session}`)!.holdings();
  }

  /** The session is over: its registrations are expired. */
  expire(host: string, session: string): void {
    for (const { token, registration } of this.fold.registrationsOf({ host, session })) {
      const decision = decideExpiry(this.fold, token, registration.sequence, `expiry-${registration.sequence}`, 'session_expired');
      if (decision?.kind === 'append') this.append(token, decision.body);
    }
  }

  private async each<Item extends { readonly requestId: string }>(batch: BatchMessage<Item>, run: (item: Item) => Promise<ItemOutcomeMessage>): Promise<RegistryReplyMessage> {
    return { items: await Promise.all(batch.items.map(run)) };
  }

  private register(side: Side, command: RegisterCommand, deadlineMs: number): Promise<ItemOutcomeMessage> {
    return this.carryOut(side, command, deadlineMs, () => decideRegister(this.fold, command, true));
  }

  private unregister(command: UnregisterCommand, deadlineMs: number): Promise<ItemOutcomeMessage> {
    return this.carryOut(command.side, command, deadlineMs, () => decideUnregister(this.fold, command));
  }

  private async carryOut(side: Side, command: RegisterCommand | UnregisterCommand, deadlineMs: number, decide: () => Decision): Promise<ItemOutcomeMessage> {
    const { requestId, participant } = command;
    for (;;) {
      if (this.clock.nowMs() >= deadlineMs) return { requestId, settlement: 'not_appended', result: 0, message: '', warning: false };
      const decision = decide();
      switch (decision.kind) {
        case 'answer':
          return { requestId, settlement: 'settled', result: decision.result, message: decision.message, warning: decision.warning };
        case 'append':
          return this.awaitOperation(side, participant, requestId, this.append(command.token, decision.body), deadlineMs);
        case 'repeat':
          return this.awaitOperation(side, participant, requestId, decision.operationSequence, deadlineMs);
        case 'wait':
          await this.folded.next(deadlineMs - this.clock.nowMs());
      }
    }
  }

  private async result(side: Side, participant: Participant, { requestId }: ResultItemMessage, deadlineMs: number): Promise<ItemOutcomeMessage> {
    const memory = this.fold.participant(side, participant);
    if (memory?.register.requestId === requestId) return this.awaitOperation(side, participant, requestId, memory.register.sequence, deadlineMs);
    if (memory?.unregister?.requestId === requestId) return this.awaitOperation(side, participant, requestId, memory.unregister.sequence, deadlineMs);
    return { requestId, settlement: 'not_appended', result: 0, message: '', warning: false };
  }

  private async awaitOperation(side: Side, participant: Participant, requestId: string, sequence: number, deadlineMs: number): Promise<ItemOutcomeMessage> {
    const common = { requestId, message: '', warning: false, sequence };
    for (;;) {
      const memory = this.fold.participant(side, participant);
      const result = memory?.register.sequence === sequence ? memory.register.result : memory?.unregister?.settled === false ? undefined : 0;
      if (result !== undefined) return { ...common, settlement: 'settled', result };
      const leftMs = deadlineMs - this.clock.nowMs();
      if (leftMs <= 0) return { ...common, settlement: 'pending', result: 0 };
      await this.folded.next(leftMs);
    }
  }

  private append(token: string, body: EventBody): number {
    const sequence = this.fold.position + 1;
    const event: LogEvent = { sequence, id: String(sequence), token, timeMs: this.clock.nowMs(), source: 'mini-mesh', body };
    this.events.push(event);
    this.fold.apply(event);
    this.folded.fire();
    void this.drive(token);
    return sequence;
  }

  private async drive(token: string): Promise<void> {
    if (this.driving.has(token)) return;
    this.driving.add(token);
    let progress: Progress = NO_PROGRESS;
    for (let operation = nextOperation(this.fold.token(token)); operation !== undefined; operation = nextOperation(this.fold.token(token))) {
      const next = plan(operation, progress);
      if ('outcome' in next) {
        progress = NO_PROGRESS;
        this.append(token, next.outcome);
        continue;
      }
      const runs = await this.call(operation, next.call);
      if (runs === undefined) await sleep(this.clock, ASK_AGAIN_MS);
      else progress = withReply(progress, next.call, runs);
    }
    this.driving.delete(token);
  }

  /** The runs of a call, or undefined when it has to be asked again. */
  private async call(operation: PairOperation, call: Call) {
    const registration = operation[call.side];
    const peer = operation[otherSide(call.side)];
    const { host, session } = registration.participant;
    const item: InvokeItemMessage = {
      side: call.side,
      token: operation.token,
      participant: registration.participant,
      registrationSequence: registration.sequence,
      registrationRequestId: registration.requestId,
      operationSequence: operation.sequence,
      steps: call.kind === 'steps' ? call.steps : [],
      rollback: call.kind === 'rollback',
      peer: { participant: peer.participant, registrationSequence: peer.sequence, irq: peer.irq },
    };
    const agent = this.agents.get(`${host}.${session}`) ?? this.remoteAgent?.(host, session);
    const outcomes = await agent?.invoke([item]);
    return outcomes?.[0]!.status === 'done' ? outcomes[0]!.runs : undefined;
  }
}

function commandOf(host: string, side: Side, session: string, item: RegisterItemMessage): RegisterCommand {
  const { participantId: id, token, irq, callbacks, callbackDeadlineMs: deadlineMs = 5_000, requestId, quiesceGroup } = item;
  return { side, participant: { host, session, id }, token, irq, callbacks: callbackSet(side, callbacks), deadlineMs, requestId, quiesceGroup };
}

function unregisterOf(host: string, side: Side, { session }: BatchMessage<unknown>, item: UnregisterItemMessage): UnregisterCommand {
  const { participantId: id, token, registrationRequestId, requestId } = item;
  return { side, participant: { host, session, id }, token, registrationRequestId, requestId };
}
