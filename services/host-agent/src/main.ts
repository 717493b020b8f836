import { runService } from '@irqmesh/platform';
import { HostAgentModule } from './host-agent.module.ts';
import { hostSettings } from './host-settings.ts';

await runService({
  name: 'host-agent',
  settings: { host: hostSettings },
  module: (context) => HostAgentModule.create(context),
});
