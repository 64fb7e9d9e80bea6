/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna 2018), its state from splitmix32.
 *
 * The same seeds give the same numbers in every browser. They are other numbers than the Python package draws.
 */
import { exp, log } from "./elementary.js";

const NARROW = 2; // standard deviations: nearer than this, a cut normal is drawn from a box

/** seeds: whole numbers from 0 to 2 ** 32 - 1; each other list of them is another stream. */
export function createRandom(...seeds) {
  let hash = 0;
  const next = () => {
    hash = (hash + 0x9e3779b9) | 0;
    let z = hash;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  for (const seed of seeds) hash = next() ^ seed;
  let [a, b, c, d] = [next(), next(), next(), next() | 1]; // never all zero

  /** Between 0 and 1, neither of them. */
  function uniform() {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return ((result >>> 0) + 0.5) / 2 ** 32;
  }

  /** Of the standard normal distribution, by the polar method. */
  function normal() {
    for (;;) {
      const x = 2 * uniform() - 1, y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square < 1 && square > 0) return x * Math.sqrt((-2 * log(square)) / square);
    }
  }

  /** Likewise, but at most so many standard deviations from 0. */
  function normalWithin(reach) {
    for (;;) {
      if (reach < NARROW) {
        const x = reach * (2 * uniform() - 1);
        if (uniform() < exp((-x * x) / 2)) return x;
      } else {
        const x = normal();
        if (Math.abs(x) <= reach) return x;
      }
    }
  }

  return { uniform, normal, normalWithin };
}
