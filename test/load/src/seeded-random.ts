import type { Random } from '@irqmesh/domain';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 10;

/**
 * Randomness that a seed repeats (sfc32). Each part of the world draws from a stream of its own, named by `fork`, so
 * that a part that is left out when a run is shrunk does not change what the others draw.
 */
export class SeededRandom implements Random {
  private readonly name: string;
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  constructor(name: string) {
    this.name = name;
    [this.a, this.b, this.c] = hash(name);
    for (let round = 0; round < 12; round++) this.next();
  }

  /** A stream of its own: the same name gives the same one. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.name}/${name}`);
  }

  id(): string {
    let id = '';
    for (let letter = 0; letter < ID_LENGTH; letter++) id += ALPHABET[this.below(ALPHABET.length)];
    return id;
  }

  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** A whole number from 0 up to but not including `count`. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  /** A number from `low` up to but not including `high`. */
  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  private next(): number {
    const sum = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return sum >>> 0;
  }
}

/** Three numbers that differ for different names (FNV-1a with three starts). */
function hash(name: string): [number, number, number] {
  let [a, b, c] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + 0x51), 0x85ebca77);
    c = Math.imul(c ^ (code + 0xa7), 0xc2b2ae3d);
  }
  return [a, b, c];
}
