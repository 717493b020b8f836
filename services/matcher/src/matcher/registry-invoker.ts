import { otherSide, SIDES } from '@irqmesh/domain';
import type { Call, PairOperation, Side } from '@irqmesh/domain';
import type { InvokeItemMessage, InvokeOutcomeMessage } from '@irqmesh/protocol';
import { Coalescer, CoalescerFullError } from '@irqmesh/registry';
import type { InvokeCaller } from './invoke-caller.ts';
import type { InvokeOutcome, Invoker } from './invoker.ts';

/** How long a call to a registry may take; it answers that a callback still runs well before. */
const REGISTRY_TIMEOUT_MS = 3_000;
const MAX_BATCH = 512;
/** Batches of a side on their way at once. */
const IN_FLIGHT = 8;
/** Calls asked again because a callback still ran: few at a time, apart from the others, which they would hold up. */
const SLOW_IN_FLIGHT = 2;
const MAX_WAITING = 65_536;

type Lane = Coalescer<InvokeItemMessage, InvokeOutcomeMessage | undefined>;

/** Gathers calls to one side under load: while batches are on their way, the next one fills. */
export class RegistryInvoker implements Invoker {
  private readonly fast: Readonly<Record<Side, Lane>>;
  private readonly slow: Readonly<Record<Side, Lane>>;

  constructor(caller: InvokeCaller) {
    const lanes = (maxInFlight: number): Record<Side, Lane> => {
      const [producer, consumer] = SIDES.map((side) => laneOf(caller, side, maxInFlight));
      return { producer: producer!, consumer: consumer! };
    };
    this.fast = lanes(IN_FLIGHT);
    this.slow = lanes(SLOW_IN_FLIGHT);
  }

  async invoke(operation: PairOperation, call: Call, again: boolean): Promise<InvokeOutcome> {
    const lane = (again ? this.slow : this.fast)[call.side];
    try {
      const outcome = await lane.call(itemOf(operation, call));
      return outcome === undefined ? unanswered(`the ${call.side}-registry did not answer`) : outcomeOf(outcome);
    } catch (error) {
      if (error instanceof CoalescerFullError) return unanswered('too many calls wait');
      throw error;
    }
  }
}

function laneOf(caller: InvokeCaller, side: Side, maxInFlight: number): Lane {
  const send = async (items: readonly InvokeItemMessage[]): Promise<readonly (InvokeOutcomeMessage | undefined)[]> =>
    (await caller.invoke(side, items, REGISTRY_TIMEOUT_MS)) ?? items.map(() => undefined);
  return new Coalescer(send, { maxInFlight, maxBatch: MAX_BATCH, maxWaiting: MAX_WAITING });
}

function itemOf(operation: PairOperation, call: Call): InvokeItemMessage {
  const registration = operation[call.side];
  const peer = operation[otherSide(call.side)];
  return {
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
}

function outcomeOf({ status, runs, message }: InvokeOutcomeMessage): InvokeOutcome {
  return status === 'done' ? { kind: 'done', runs } : { kind: status, message };
}

function unanswered(message: string): InvokeOutcome {
  return { kind: 'unanswered', message };
}
