import type { Registration } from '@irqmesh/client/core';
import type { LoadRecorder, NewCall, NewCallback, OpenCall, OpenCallback } from '@irqmesh/test-load';
import { momentNow } from '../run/moments.ts';
import type { Told } from './told.ts';

/** Tells what the load does as it happens: what a killed process has told is known all the same. */
export class TellingRecorder implements LoadRecorder {
  private readonly tell: (told: Told) => void;
  private readonly idOfCallback = new WeakMap<OpenCallback, number>();
  private calls = 0;
  private callbacks = 0;

  constructor(tell: (told: Told) => void) {
    this.tell = tell;
  }

  called(call: NewCall): OpenCall {
    const open: OpenCall = { ...call, id: ++this.calls, calledAt: momentNow() };
    this.tell({ told: 'call', call: open });
    return open;
  }

  returned({ id }: OpenCall, result: number, registration?: Registration): void {
    this.tell({ told: 'return', id, returnedAt: momentNow(), result, session: registration?.participant.session, requestId: registration?.requestId });
  }

  callbackBegan(callback: NewCallback): OpenCallback {
    const open: OpenCallback = { ...callback, calledAt: momentNow() };
    const id = ++this.callbacks;
    this.idOfCallback.set(open, id);
    this.tell({ told: 'callback', id, callback: open });
    return open;
  }

  callbackEnded(callback: OpenCallback, result: number): void {
    this.tell({ told: 'callback-end', id: this.idOfCallback.get(callback)!, returnedAt: momentNow(), result });
  }
}
