import { randomBytes } from 'node:crypto'
import type { AppContext } from '../context.ts'

/** A login, and with it its code, lives ten minutes (seed; ASVS 6.5.5 allows no more). */
export const LIFE_MS = 600_000

/**
 * The code a person compares and types: eight of 24 symbols (36.7 bits), no vowels and no look-alikes, shown as
 * XXXX-XXXX (RFC 8628 section 6.1; the four digits are those the seed's example needs).
 */
export const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ4679'

/** How many codes there are: 24^8. */
export const USER_CODE_SPACE = USER_CODE_ALPHABET.length ** 8

/** Bytes from here on are drawn again: 240 is the last multiple of 24. */
const FAIR_BELOW = 240

/** @example makeUserCode() // 'XKDFPQ4N' */
export function makeUserCode(): string {
  let code = ''
  while (code.length < 8) {
    for (const byte of randomBytes(16)) {
      if (byte < FAIR_BELOW && code.length < 8) code += USER_CODE_ALPHABET.charAt(byte % 24)
    }
  }
  return code
}

/**
 * What somebody typed, reduced to the symbols that count: case is folded, everything else is dropped.
 *
 * @returns undefined when that does not leave eight
 * @example normalizeUserCode(' xkdf pq4n ') // 'XKDFPQ4N'
 */
export function normalizeUserCode(typed: string): string | undefined {
  const code = typed
    .slice(0, 64)
    .toUpperCase()
    .replace(/[^BCDFGHJKLMNPQRSTVWXZ4679]/g, '')
  return code.length === 8 ? code : undefined
}

/** @example showUserCode('XKDFPQ4N') // 'XKDF-PQ4N' */
export function showUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** How a code is found again without being kept: keyed, because 37 bits fall to a plain hash in minutes. */
export function userCodeHmac(ctx: Pick<AppContext, 'signing'>, code: string): string {
  return ctx.signing.sign('user-code', code)
}
