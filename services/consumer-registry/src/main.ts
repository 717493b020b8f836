import { logSettings, registrySettings, runService, sessionSettings, stateSettings } from '@irqmesh/platform';
import { registryQueue } from '@irqmesh/protocol';
import { ConsumerRegistryModule } from './consumer-registry.module.ts';

await runService({
  name: 'consumer-registry',
  settings: { state: stateSettings, log: logSettings, sessions: sessionSettings, registry: registrySettings },
  module: (context) => ConsumerRegistryModule.create(context),
  calls: { queue: registryQueue('consumer') },
});
