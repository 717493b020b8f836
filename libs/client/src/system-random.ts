import { randomUUID } from 'node:crypto';
import type { Random } from '@irqmesh/domain';

/** The machine's randomness. */
export class SystemRandom implements Random {
  /** 32 hexadecimal digits. */
  id(): string {
    return randomUUID().replaceAll('-', '');
  }

  fraction(): number {
    return Math.random();
  }
}
