import { Errno, IrqBypassError } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import {
  agentSubject, decodeGetReply, decodeHoldingsReply, decodeInvokeReply, decodeInvokeRequest, decodeListReply, decodeRegistryReply, encodeGetRequest, encodeHoldingsReply, encodeInvokeReply, encodeInvokeRequest,
  encodeListRequest, encodeRegisterRequest, encodeRegistryReply, encodeResultRequest, encodeUnregisterRequest, invokeSubject, registrySubject,
} from '@irqmesh/protocol';
import type {
  BatchMessage, GetReplyMessage, InvokeItemMessage, InvokeOutcomeMessage, ListReplyMessage, ListRequestMessage, RegisterItemMessage, RegistryReplyMessage, RegistryVerb,
  ResultItemMessage, UnregisterItemMessage,
} from '@irqmesh/protocol';
import { NoAnswerError } from '@irqmesh/client/core';
import type { AgentEndpoint, AgentHandler, Listening, RegistryCaller } from '@irqmesh/client/core';
import type { InvokeCaller } from '@irqmesh/matcher-service/core';
import type { AgentCaller, AgentHoldings, RegistryRpc, SessionName } from '@irqmesh/registry';
import type { Fault } from '../faults/fault-kinds.ts';
import { isProgramError } from '../run/history-recorder.ts';
import { NATS } from './network.ts';
import type { Seat } from './seat.ts';
import type { Responder, World } from './world.ts';

const PROTOBUF = 'application/protobuf';
/** Past the deadline of an attempt, which is 5 s, and up to when the SDK has long gone on. */
const LATE_REQUEST = { fault: 'request_late', lowMs: 4_500, highMs: 15_000 } as const;
const LATE_INVOKE = { fault: 'invoke_late', lowMs: 500, highMs: 20_000 } as const;

/** Nobody was there to take a request. */
class NobodyThereError extends Error {}
/** A reply did not come. */
class SilenceError extends Error {}

interface Call<Handler> {
  readonly seat: Seat;
  readonly what: string;
  readonly timeoutMs: number;
  readonly late: { readonly fault: Fault; readonly lowMs: number; readonly highMs: number };
  /** Who takes it, chosen by NATS when it is sent. */
  readonly responder: Responder<Handler> | undefined;
  readonly answer: (handler: Handler) => Promise<Uint8Array>;
}

/** A NATS request: taken by one who listens, or answered by NATS that nobody does. */
function request<Handler>({ seat, what, timeoutMs, late, responder, answer }: Call<Handler>): Promise<Uint8Array> {
  return seat.exchange<Uint8Array>({
    to: responder?.node ?? NATS,
    what: `${what} to ${responder?.life.name ?? 'nobody'}`,
    mayRepeat: true,
    timeoutMs,
    request: { lost: 'request_lost', late },
    reply: { lost: 'reply_lost' },
    onTimeout: () => new SilenceError(`no reply within ${timeoutMs} ms`),
    serve: (resolve, reject) => {
      if (responder === undefined) return reject(new NobodyThereError('no responders'));
      const { life, handler } = responder;
      life.deliver(() => {
        seat.world.trace.write(life.name, `takes ${what}`);
        answer(handler).then((payload) => {
          if (life.isAlive) resolve(payload);
        }, reject);
      });
    },
  });
}

function pickRegistry(world: World, side: Side): Responder<RegistryRpc> | undefined {
  const running = [...world.registries[side]];
  return running.length === 0 ? undefined : world.random.pick(running);
}

/** Answers a registry's call as the transport does: what goes wrong with a call as a whole is in the reply. */
async function answerRegistry(world: World, work: Promise<{ readonly payload: Uint8Array }>, encodeFailure: (failure: IrqBypassError) => Uint8Array): Promise<Uint8Array> {
  try {
    return (await work).payload;
  } catch (error) {
    if (error instanceof IrqBypassError) return encodeFailure(error);
    if (isProgramError(error)) world.recorder.unexpected('a registry answering a call', error);
    return encodeFailure(new IrqBypassError(Errno.EIO, 'the service failed; its log tells why'));
  }
}

/** How a host calls the registries. */
export class SimRegistryCaller implements RegistryCaller {
  private readonly seat: Seat;
  private readonly host: string;

  constructor(seat: Seat, host: string) {
    this.seat = seat;
    this.host = host;
  }

  async register(side: Side, batch: BatchMessage<RegisterItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage> {
    return decodeRegistryReply(await this.call(side, 'register', encodeRegisterRequest(batch), timeoutMs, describe(batch)), PROTOBUF);
  }

  async unregister(side: Side, batch: BatchMessage<UnregisterItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage> {
    return decodeRegistryReply(await this.call(side, 'unregister', encodeUnregisterRequest(batch), timeoutMs, describe(batch)), PROTOBUF);
  }

  async result(side: Side, batch: BatchMessage<ResultItemMessage>, timeoutMs: number): Promise<RegistryReplyMessage> {
    return decodeRegistryReply(await this.call(side, 'result', encodeResultRequest(batch), timeoutMs, describe(batch)), PROTOBUF);
  }

  async list(side: Side, listRequest: ListRequestMessage, timeoutMs: number): Promise<ListReplyMessage> {
    return decodeListReply(await this.call(side, 'list', encodeListRequest(listRequest), timeoutMs, ''), PROTOBUF);
  }

  async get(side: Side, token: string, timeoutMs: number): Promise<GetReplyMessage> {
    return decodeGetReply(await this.call(side, 'get', encodeGetRequest({ token }), timeoutMs, token), PROTOBUF);
  }

  private async call(side: Side, verb: RegistryVerb, payload: Uint8Array, timeoutMs: number, what: string): Promise<Uint8Array> {
    const { seat, host } = this;
    const { world } = seat;
    const subject = registrySubject(side, verb, host);
    try {
      return await request<RegistryRpc>({
        seat,
        what: `${verb} ${side} ${what}`,
        timeoutMs,
        late: LATE_REQUEST,
        responder: pickRegistry(world, side),
        answer: (rpc) => answerRegistry(world, rpc[verb]({ subject, payload, contentType: undefined }), (failure) => encodeRegistryReply({ items: [], failure }, PROTOBUF)),
      });
    } catch (error) {
      if (error instanceof NobodyThereError) throw new NoAnswerError(`no ${side}-registry is running`, false);
      throw new NoAnswerError(`the ${side}-registry did not answer`, true);
    }
  }
}

function describe(batch: BatchMessage<{ readonly participantId: string; readonly requestId: string; readonly token: string }>): string {
  return batch.items.map(({ participantId, token, requestId }) => `${participantId} ${token} ${requestId}`).join(', ');
}

/** How a matcher calls the registries. */
export class SimInvokeCaller implements InvokeCaller {
  private readonly seat: Seat;

  constructor(seat: Seat) {
    this.seat = seat;
  }

  async invoke(side: Side, items: readonly InvokeItemMessage[], timeoutMs: number): Promise<readonly InvokeOutcomeMessage[] | undefined> {
    const { seat } = this;
    const { world } = seat;
    const payload = encodeInvokeRequest(items);
    const reply = await unlessUnanswered(
      request<RegistryRpc>({
        seat,
        what: `invoke ${items.map(describeInvoke).join('; ')}`,
        timeoutMs,
        late: LATE_INVOKE,
        responder: pickRegistry(world, side),
        answer: (rpc) =>
          answerRegistry(world, rpc.invoke({ subject: invokeSubject(side), payload, contentType: undefined }), (failure) => encodeInvokeReply({ items: [], failure }, PROTOBUF)),
      }),
    );
    if (reply === undefined) return undefined;
    const { items: outcomes, failure } = decodeInvokeReply(reply, PROTOBUF);
    if (failure !== undefined) throw failure;
    return outcomes;
  }
}

/** How a registry calls the agents. */
export class SimAgentCaller implements AgentCaller {
  private readonly seat: Seat;

  constructor(seat: Seat) {
    this.seat = seat;
  }

  async invoke(session: SessionName, items: readonly InvokeItemMessage[], timeoutMs: number): Promise<readonly InvokeOutcomeMessage[] | undefined> {
    const payload = encodeInvokeRequest(items);
    const reply = await unlessUnanswered(
      this.call(session, `invoke ${items.map(describeInvoke).join('; ')}`, timeoutMs, async (handler) => {
        const asked = decodeInvokeRequest(payload, PROTOBUF).map((item) => item.value!);
        return encodeInvokeReply({ items: await handler.invoke(asked) }, PROTOBUF);
      }),
    );
    return reply === undefined ? undefined : decodeInvokeReply(reply, PROTOBUF).items;
  }

  async holdings(session: SessionName, timeoutMs: number): Promise<AgentHoldings | undefined> {
    const reply = await unlessUnanswered(
      this.call(session, 'holdings', timeoutMs, async (handler) => encodeHoldingsReply(handler.holdings(), PROTOBUF)),
    );
    if (reply === undefined) return undefined;
    const { producerRequestIds: producer, consumerRequestIds: consumer } = decodeHoldingsReply(reply, PROTOBUF);
    return { producer, consumer };
  }

  private call(session: SessionName, what: string, timeoutMs: number, answer: (handler: AgentHandler) => Promise<Uint8Array>): Promise<Uint8Array> {
    const { seat } = this;
    const subject = agentSubject(session.host, session.session, 'invoke');
    return request<AgentHandler>({ seat, what: `${what} on ${subject}`, timeoutMs, late: LATE_INVOKE, responder: seat.world.agents.get(`${session.host}.${session.session}`), answer });
  }
}

async function unlessUnanswered(reply: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof NobodyThereError || error instanceof SilenceError) return undefined;
    throw error;
  }
}

function describeInvoke({ participant, operationSequence, steps, rollback }: InvokeItemMessage): string {
  return `${participant.host}/${participant.id} ${operationSequence} ${rollback ? 'rollback' : steps.join('+')}`;
}

/** Where the registries' calls to an agent arrive. */
export class SimAgentEndpoint implements AgentEndpoint {
  private readonly seat: Seat;
  private readonly host: string;

  constructor(seat: Seat, host: string) {
    this.seat = seat;
    this.host = host;
  }

  listen(session: string, handler: AgentHandler): Promise<Listening> {
    const { world, node, life } = this.seat;
    const key = `${this.host}.${session}`;
    life.onEnd(() => void world.agents.delete(key));
    return life.call((resolve) => {
      world.time.after(world.network.latencyMs(), () => {
        if (!life.isAlive) return;
        world.agents.set(key, { node, life, handler });
        resolve({ close: async () => void world.agents.delete(key) });
      });
    });
  }
}
