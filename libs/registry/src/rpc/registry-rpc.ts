import { Errno, IrqBypassError, leaseTerms } from '@irqmesh/domain';
import type { Clock, Participant, Side } from '@irqmesh/domain';
import {
  ALL_HOSTS, decodeGetRequest, decodeInvokeRequest, decodeListRequest, decodeRegisterRequest, decodeResultRequest, decodeUnregisterRequest,
  encodeGetReply, encodeInvokeReply, encodeListReply, encodeRegistryReply, parseContentType, parseRegistrySubject, sentenceOf,
} from '@irqmesh/protocol';
import type { ContentType, InvokeOutcomeMessage, RegisterItemMessage, RegistrationViewMessage } from '@irqmesh/protocol';
import type { AgentRouter } from '../agents/agent-router.ts';
import type { LogFollower } from '../follower/log-follower.ts';
import type { ReadModel, RegistrationRow } from '../read-model/port.ts';
import type { CallContext, Registry } from '../registry/registry.ts';
import { carryOutBatch } from './batch.ts';

/** A call as it came, whatever the transport. */
export interface IncomingCall {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly contentType: string | undefined;
  readonly traceparent?: string | undefined;
}

export interface CallReply {
  readonly payload: Uint8Array;
  readonly contentType: ContentType;
}

export interface RegistryRpcOptions {
  readonly registry: Registry;
  readonly router: AgentRouter;
  readonly follower: LogFollower;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly sessionTtlMs: number;
}

/** The longest a call may ask to be worked on: a caller's clock that runs ahead must not hold calls for hours. */
const LONGEST_CALL_MS = 60_000;

/**
 * A registry's calls: payloads in, payloads out. The host is the subject's, never one that a payload names.
 * What is wrong with a call as a whole is thrown as IrqBypassError; the transport makes a Failure of it.
 */
export class RegistryRpc {
  private readonly options: RegistryRpcOptions;

  constructor(options: RegistryRpcOptions) {
    this.options = options;
  }

  async register(call: IncomingCall): Promise<CallReply> {
    const { registry, clock } = this.options;
    const { side, host } = this.address(call);
    const contentType = parseContentType(call.contentType);
    const { session, deadlineMs, items } = decodeRegisterRequest(side, call.payload, contentType);
    const outcomes = await carryOutBatch(items, this.boundedDeadline(deadlineMs), clock, (item, attempt) => {
      const participant: Participant = { host, session, id: item.participantId };
      return registry.register(this.registerCommand(side, participant, item), contextOf(attempt, call));
    });
    return { payload: encodeRegistryReply({ items: outcomes }, contentType), contentType };
  }

  async unregister(call: IncomingCall): Promise<CallReply> {
    const { registry, clock } = this.options;
    const { side, host } = this.address(call);
    const contentType = parseContentType(call.contentType);
    const { session, deadlineMs, items } = decodeUnregisterRequest(call.payload, contentType);
    const outcomes = await carryOutBatch(items, this.boundedDeadline(deadlineMs), clock, (item, attempt) => {
      const { participantId, token, registrationRequestId, registrationSequence, requestId } = item;
      const participant: Participant = { host, session, id: participantId };
      return registry.unregister({ side, participant, token, registrationRequestId, requestId }, registrationSequence, contextOf(attempt, call));
    });
    return { payload: encodeRegistryReply({ items: outcomes }, contentType), contentType };
  }

  async result(call: IncomingCall): Promise<CallReply> {
    const { registry, clock } = this.options;
    const { host } = this.address(call);
    const contentType = parseContentType(call.contentType);
    const { session, deadlineMs, items } = decodeResultRequest(call.payload, contentType);
    const outcomes = await carryOutBatch(items, this.boundedDeadline(deadlineMs), clock, ({ participantId, token, requestId }, attempt) =>
      registry.result({ host, session, id: participantId }, token, requestId, contextOf(attempt, call)),
    );
    return { payload: encodeRegistryReply({ items: outcomes }, contentType), contentType };
  }

  async list(call: IncomingCall): Promise<CallReply> {
    const { side, host } = this.address(call);
    const contentType = parseContentType(call.contentType);
    const { tokenPrefix, afterSequence, limit } = decodeListRequest(call.payload, contentType);
    const ofHost = host === ALL_HOSTS ? {} : { host };
    await this.options.follower.whenReadable();
    // One more than asked for tells whether more follow.
    const rows = await this.options.readModel.list({ side, ...ofHost, tokenPrefix, afterSequence, limit: limit + 1 });
    const payload = encodeListReply({ registrations: rows.slice(0, limit).map(viewOf), more: rows.length > limit }, contentType);
    return { payload, contentType };
  }

  async get(call: IncomingCall): Promise<CallReply> {
    const { side, host } = this.address(call);
    const contentType = parseContentType(call.contentType);
    const { token } = decodeGetRequest(call.payload, contentType);
    await this.options.follower.whenReadable();
    const row = await this.options.readModel.get(side, token);
    const visible = row !== undefined && (host === ALL_HOSTS || row.registration.participant.host === host);
    return { payload: encodeGetReply(visible ? { registration: viewOf(row) } : {}, contentType), contentType };
  }

  /** Takes a matcher's invokes to the agents. */
  async invoke(call: IncomingCall): Promise<CallReply> {
    const contentType = parseContentType(call.contentType);
    const items = decodeInvokeRequest(call.payload, contentType);
    const good = items.flatMap((item) => (item.error === undefined ? [item.value] : []));
    const routed = [...(await this.options.router.invoke(good))];
    const outcomes = items.map((item): InvokeOutcomeMessage => (item.error === undefined ? routed.shift()! : { status: 'refused', runs: [], message: sentenceOf(item.error) }));
    return { payload: encodeInvokeReply({ items: outcomes }, contentType), contentType };
  }

  private address(call: IncomingCall): { readonly side: Side; readonly host: string } {
    const { side, host } = parseRegistrySubject(call.subject);
    if (side !== this.options.registry.side) throw new IrqBypassError(Errno.EINVAL, `this is the ${this.options.registry.side}-registry; ${call.subject} is for the other one`);
    return { side, host };
  }

  private registerCommand(side: Side, participant: Participant, item: RegisterItemMessage) {
    const { token, irq, callbacks, requestId, quiesceGroup } = item;
    const deadlineMs = item.callbackDeadlineMs ?? leaseTerms(this.options.sessionTtlMs).defaultDeadlineMs;
    return { side, participant, token, irq, callbacks, deadlineMs, requestId, quiesceGroup };
  }

  private boundedDeadline(deadlineMs: number): number {
    return Math.min(deadlineMs, this.options.clock.nowMs() + LONGEST_CALL_MS);
  }
}

/** The batch may cut the attempt short while it runs, so the deadline is read each time it is looked at. */
function contextOf(attempt: { readonly deadlineMs: number }, { traceparent }: IncomingCall): CallContext {
  return {
    get deadlineMs() {
      return attempt.deadlineMs;
    },
    traceparent,
  };
}

function viewOf({ token, registration, state, peer }: RegistrationRow): RegistrationViewMessage {
  const { side, participant, sequence, requestId, irq, callbacks, deadlineMs, quiesceGroup } = registration;
  return {
    side, participant, token, sequence, requestId, irq, callbacks, quiesceGroup, state,
    callbackDeadlineMs: deadlineMs,
    peer: peer?.participant,
    peerSequence: peer?.sequence,
  };
}
