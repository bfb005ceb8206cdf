/** The widest integers that simulators seed with: signed and unsigned 64 bits. */
const LEAST = -(2n ** 63n)
const GREATEST = 2n ** 64n - 1n

/**
 * A seed as exact decimal digits, or undefined when it is not an integer of 64 bits. A number beyond 2^53 has
 * lost digits already (or was written as 1e20) and is refused; a bigint or a text of digits is exact.
 *
 * @example seedText(18446744073709551615n) // '18446744073709551615'
 * @example seedText('-0042') // '-42'
 */
export function seedText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value).toString() : undefined
  if (typeof value === 'string') {
    // Forty digits leave room for leading zeros and bound the work.
    return /^[+-]?\d{1,40}$/.test(value) ? inRange(BigInt(value.replace(/^\+/, ''))) : undefined
  }
  return typeof value === 'bigint' ? inRange(value) : undefined
}

/** The seed as it travels in JSON: a number where that is exact, a bigint beyond. */
export function seedValue(text: string | null): number | bigint | null {
  if (text === null) return null
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

function inRange(value: bigint): string | undefined {
  return value >= LEAST && value <= GREATEST ? value.toString() : undefined
}
