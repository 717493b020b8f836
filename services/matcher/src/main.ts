import { logSettings, matcherSettings, runService, stateSettings } from '@irqmesh/platform';
import { MatcherModule } from './matcher.module.ts';

await runService({
  name: 'matcher',
  settings: { state: stateSettings, log: logSettings, matcher: matcherSettings },
  module: (context) => MatcherModule.create(context),
  // No queue group: every matcher hears every question, and the one that holds the partition answers.
  calls: {},
});
