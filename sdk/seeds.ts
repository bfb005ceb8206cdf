import { ConfigurationError } from './errors.ts'
import type { EpisodeSummary } from './wire.ts'

const LEAST = -(2n ** 63n)
const MOST = 2n ** 64n - 1n

/**
 * The seed as an exact integer for the wire.
 *
 * @example exactSeed('18446744073709551615') // 18446744073709551615n
 * @throws ConfigurationError when digits are already lost, or it does not fit 64 bits
 */
export function exactSeed(seed: number | bigint | string | null | undefined): bigint | null | undefined {
  if (seed === null || seed === undefined) return seed
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new ConfigurationError(
      `seed ${seed} is not an exact integer. Beyond 2^53 give a bigint or a string of digits.`,
    )
  }
  if (typeof seed === 'string' && !/^-?\d+$/.test(seed)) {
    throw new ConfigurationError('seed must be an integer, a bigint, or a string of digits.')
  }
  const exact = BigInt(seed)
  if (exact < LEAST || exact > MOST) throw new ConfigurationError('seed must lie between -2^63 and 2^64-1.')
  return exact
}

/** The episode with the seed it really has: JSON numbers beyond 2^53 arrive rounded, `seed_text` does not. */
export function withExactSeed<Episode extends EpisodeSummary>(episode: Episode): Episode {
  if (typeof episode.seed !== 'number' || Number.isSafeInteger(episode.seed) || !episode.seed_text)
    return episode
  return { ...episode, seed: BigInt(episode.seed_text) }
}
