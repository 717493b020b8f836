import type { Random } from '../ports.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 22 characters of 62 are 131 bits: no two calls on any host will meet. */
const ID_LENGTH = 22;
/** The greatest multiple of 62 that a byte holds; bytes from here on are thrown away, or some letters would come oftener. */
const FAIR_BYTES = 248;

/** The machine's randomness. */
export class SystemRandom implements Random {
  id(): string {
    let id = '';
    while (id.length < ID_LENGTH) {
      for (const byte of crypto.getRandomValues(new Uint8Array(2 * ID_LENGTH))) {
        if (byte < FAIR_BYTES && id.length < ID_LENGTH) id += ALPHABET[byte % ALPHABET.length]!;
      }
    }
    return id;
  }

  fraction(): number {
    return Math.random();
  }
}
