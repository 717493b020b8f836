import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { SystemClock, SystemRandom } from '@irqmesh/domain/system';
import { registryProviders } from '@irqmesh/registry';
import type { RegistryServiceContext } from '@irqmesh/registry';
import { ProducerRegistryController } from './producer-registry.controller.ts';

/** Wires the producers' registry to its calls. */
@Module({})
export class ProducerRegistryModule {
  static create(context: RegistryServiceContext): DynamicModule {
    const providers = registryProviders('producer', context, new SystemClock(), new SystemRandom());
    return { module: ProducerRegistryModule, controllers: [ProducerRegistryController], providers };
  }
}
