import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { SystemClock, SystemRandom } from '@irqmesh/domain/system';
import { registryProviders } from '@irqmesh/registry';
import type { RegistryServiceContext } from '@irqmesh/registry';
import { ConsumerRegistryController } from './consumer-registry.controller.ts';

/** Wires the consumers' registry to its calls. */
@Module({})
export class ConsumerRegistryModule {
  static create(context: RegistryServiceContext): DynamicModule {
    const providers = registryProviders('consumer', context, new SystemClock(), new SystemRandom());
    return { module: ConsumerRegistryModule, controllers: [ConsumerRegistryController], providers };
  }
}
