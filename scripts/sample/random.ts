/** A reproducible source of chance: the same seed gives the same numbers on every machine. */
export interface Random {
  /** The next number from 0 (included) to 1 (excluded). */
  uniform: () => number
  /** The next number of a bell curve around 0 with deviation 1, within -6 and 6. */
  normal: () => number
}

/**
 * Starts a generator (mulberry32: 32 bits of state, integer arithmetic only). The bell curve is a sum
 * of twelve uniform numbers instead of logarithms and cosines, whose last bit engines may disagree about.
 *
 * @param seed an integer; only its lowest 32 bits count
 * @example createRandom(7).uniform() === createRandom(7).uniform()
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const normal = () => {
    let sum = -6
    for (let i = 0; i < 12; i++) sum += uniform()
    return sum
  }
  return { uniform, normal }
}
