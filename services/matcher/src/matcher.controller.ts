import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, NatsContext, Payload } from '@nestjs/microservices';
import type { RpcReply, RpcRequest } from '@irqmesh/platform';
import { MatcherRpc } from './matcher/matcher-rpc.ts';

/** The questions that a matcher takes; the answers are in MatcherRpc. */
@Controller()
export class MatcherController {
  private readonly rpc: MatcherRpc;

  constructor(rpc: MatcherRpc) {
    this.rpc = rpc;
  }

  @MessagePattern('irqmesh.rpc.matcher.*.state')
  state(@Payload() request: RpcRequest, @Ctx() context: NatsContext): RpcReply | undefined {
    return this.rpc.state({ ...request, subject: context.getSubject() });
  }

  @MessagePattern('irqmesh.rpc.matcher.*.explain')
  explain(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply | undefined> {
    return this.rpc.explain({ ...request, subject: context.getSubject() });
  }
}
