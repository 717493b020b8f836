import { randomInt } from 'node:crypto';
import type { Random } from '@irqmesh/domain';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 22 characters of 62 are 131 bits: no two calls on any host will meet. */
const ID_LENGTH = 22;

/** The machine's randomness. */
export class SystemRandom implements Random {
  id(): string {
    let id = '';
    for (let at = 0; at < ID_LENGTH; at++) id += ALPHABET[randomInt(ALPHABET.length)]!;
    return id;
  }

  fraction(): number {
    return Math.random();
  }
}
