/** Eight symbols without vowels and look-alikes (RFC 8628 section 6.1). */
export const CODE_LENGTH = 8
const FOREIGN = /[^BCDFGHJKLMNPQRSTVWXZ4679]/g

/**
 * What somebody typed or pasted, reduced to the symbols of a code: case is folded, everything else is dropped.
 *
 * @example foldUserCode(' xkdf-pq4n ') // 'XKDFPQ4N'
 */
export function foldUserCode(typed: string): string {
  return typed.slice(0, 64).toUpperCase().replace(FOREIGN, '').slice(0, CODE_LENGTH)
}

/** Whether two ways to write a code mean the same one. */
export function isSameCode(one: string, other: string): boolean {
  return foldUserCode(one) === foldUserCode(other)
}
