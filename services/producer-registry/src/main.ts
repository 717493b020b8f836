import { logSettings, registrySettings, runService, sessionSettings, stateSettings } from '@irqmesh/platform';
import { registryQueue } from '@irqmesh/protocol';
import { ProducerRegistryModule } from './producer-registry.module.ts';

await runService({
  name: 'producer-registry',
  settings: { state: stateSettings, log: logSettings, sessions: sessionSettings, registry: registrySettings },
  module: (context) => ProducerRegistryModule.create(context),
  calls: { queue: registryQueue('producer') },
});
