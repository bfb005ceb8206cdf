/** Chances that can be had again: the same seed gives the same ones (mulberry32). */
export interface Random {
  /** From 0 up to `end`, without it. */
  below: (end: number) => number
  /** True so often. @example random.chance(0.2) */
  chance: (share: number) => boolean
  pick: <One>(from: readonly [One, ...One[]]) => One
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    below: (end) => Math.floor(next() * end),
    chance: (share) => next() < share,
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0],
  }
}
