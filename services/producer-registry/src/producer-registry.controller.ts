import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, NatsContext, Payload } from '@nestjs/microservices';
import type { RpcReply, RpcRequest } from '@irqmesh/platform';
import { RegistryRpc } from '@irqmesh/registry';

/** The calls that the producers' registry takes; what they do is in RegistryRpc. */
@Controller()
export class ProducerRegistryController {
  private readonly rpc: RegistryRpc;

  constructor(rpc: RegistryRpc) {
    this.rpc = rpc;
  }

  @MessagePattern('irqmesh.rpc.producer.register.*')
  register(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply> {
    return this.rpc.register({ ...request, subject: context.getSubject() });
  }

  @MessagePattern('irqmesh.rpc.producer.unregister.*')
  unregister(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply> {
    return this.rpc.unregister({ ...request, subject: context.getSubject() });
  }

  @MessagePattern('irqmesh.rpc.producer.result.*')
  result(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply> {
    return this.rpc.result({ ...request, subject: context.getSubject() });
  }

  @MessagePattern('irqmesh.rpc.producer.list.*')
  list(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply> {
    return this.rpc.list({ ...request, subject: context.getSubject() });
  }

  @MessagePattern('irqmesh.rpc.producer.get.*')
  get(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply> {
    return this.rpc.get({ ...request, subject: context.getSubject() });
  }

  @MessagePattern('irqmesh.rpc.producer.invoke')
  invoke(@Payload() request: RpcRequest, @Ctx() context: NatsContext): Promise<RpcReply> {
    return this.rpc.invoke({ ...request, subject: context.getSubject() });
  }
}
