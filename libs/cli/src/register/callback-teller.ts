import type { Peer } from '@irqmesh/client';
import { ADD, DEL, formatResult, otherSide } from '@irqmesh/domain';
import type { Side } from '@irqmesh/domain';
import { printable } from '../output/printable.ts';

/** The callbacks of a participant that only tells of them, by the kernel's names, in the manner of strace. */
export class CallbackTeller {
  private readonly side: Side;
  private readonly result: number;
  private readonly tell: (line: string) => void;
  private peer: Peer | undefined;

  /** @param result what the add callback returns */
  constructor(side: Side, result: number, tell: (line: string) => void) {
    this.side = side;
    this.result = result;
    this.tell = tell;
  }

  readonly stop = (): void => this.tell('stop()');

  readonly start = (): void => this.tell('start()');

  readonly add = (peer: Peer): number => {
    if (this.result === 0) this.peer = peer;
    this.tell(`${ADD[this.side]}(${nameOf(peer)}) = ${formatResult(this.result)}`);
    return this.result;
  };

  readonly del = (peer: Peer): void => {
    this.peer = undefined;
    this.tell(`${DEL[this.side]}(${nameOf(peer)})`);
  };

  /** `connected with …` or `waiting for a …`. */
  standing(): string {
    return this.peer === undefined ? `waiting for a ${otherSide(this.side)}` : `connected with ${nameOf(this.peer)}`;
  }
}

/** Without the session: it is long, and of no use to whoever looks at one callback. */
function nameOf({ participant: { host, id }, irq }: Peer): string {
  return `${printable(`${host}/${id}`)}${irq === undefined ? '' : `, irq ${irq}`}`;
}
