// A service that does what its callers ask for, to see how the process around it behaves. Plain JavaScript on the built
// package, since it runs in a process of its own; decorators are therefore called as functions.
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { LogLostDataError } from '@irqmesh/event-log';
import { runService, sessionSettings } from '@irqmesh/platform';

const REPLY = { payload: new TextEncoder().encode('{}'), contentType: 'application/json' };

function controllerOf({ fatal }) {
  class SampleController {
    async run(_request, context) {
      const wish = context.getSubject().split('.').at(-1);
      if (wish === 'slow') await sleep(500);
      if (wish === 'hang') await new Promise(() => {});
      if (wish === 'lose-data') fatal(new LogLostDataError('the log ends at 3, 7 was read before'));
      if (wish === 'fault') setImmediate(() => {
        throw new Error('nobody caught me');
      });
      return REPLY;
    }
  }
  MessagePattern('irqmesh.rpc.producer.result.*')(SampleController.prototype, 'run', Object.getOwnPropertyDescriptor(SampleController.prototype, 'run'));
  Ctx()(SampleController.prototype, 'run', 1);
  Payload()(SampleController.prototype, 'run', 0);
  Controller()(SampleController);
  return SampleController;
}

class SampleModule {}

await runService({
  name: 'sample',
  settings: { session: sessionSettings },
  calls: { queue: 'sample' },
  module: (context) => ({ module: SampleModule, controllers: [controllerOf(context)] }),
});
