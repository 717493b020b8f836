import { Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnModuleDestroy } from '@nestjs/common';
import { HostAgent } from './host-agent.ts';
import type { HostAgentContext } from './host-agent.ts';

/** Ties the agent's life to the service's. */
@Module({})
export class HostAgentModule implements OnModuleDestroy {
  private readonly agent: HostAgent;

  constructor(@Inject(HostAgent) agent: HostAgent) {
    this.agent = agent;
  }

  static create(context: HostAgentContext): DynamicModule {
    return { module: HostAgentModule, providers: [{ provide: HostAgent, useFactory: () => HostAgent.open(context) }] };
  }

  async onModuleDestroy(): Promise<void> {
    await this.agent.close();
  }
}
