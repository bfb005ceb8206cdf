import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** `rt` keys belong to one organization; `rbtk` keys (seed 001) to a person, in every organization of theirs. */
export type KeyPrefix = 'rt' | 'rbtk'

/** `rte` texts are no keys: robots swap them for one when they enrol (server/fleet/enroll.ts). */
type SecretPrefix = KeyPrefix | 'rte'

/**
 * `<prefix>_<id>_<secret>` (seed 003): ten public base-36 characters that find the row, 43 secret ones of which the
 * last six are a base-62 CRC-32 over everything before them. So a mistyped key is refused without a database
 * read, and a scanner knows a real key offline.
 */
export interface ParsedKey {
  /** The public ten characters. */
  id: string
  /** SHA-256 of the whole key, hexadecimal: what is stored and compared. */
  hash: string
}

const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz'
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SHAPE = /^(rt|rbtk|rte)_([0-9a-z]{10})_[0-9A-Za-z]{43}$/

/** @example const { key, id, hash } = makeKey('rbtk') */
export function makeKey(prefix: SecretPrefix = 'rt'): ParsedKey & { key: string } {
  const id = randomCharacters(BASE36, 10)
  const unchecked = `${prefix}_${id}_${randomCharacters(BASE62, 37)}`
  const key = unchecked + checksum(unchecked)
  return { key, id, hash: hashKey(key) }
}

/**
 * @returns undefined when the text cannot be a key of ours: wrong shape or wrong checksum
 * @example parseKey('rt_8a4f01c2b3_…')?.id // '8a4f01c2b3'
 */
export function parseKey(text: string): ParsedKey | undefined {
  return parse(text, ['rt', 'rbtk'])
}

/** The same for the text that robots enrol with. @returns undefined when it cannot be one of ours */
export function parseEnrolmentToken(text: string): ParsedKey | undefined {
  return parse(text, ['rte'])
}

function parse(text: string, prefixes: string[]): ParsedKey | undefined {
  const [, prefix, id] = SHAPE.exec(text) ?? []
  if (prefix === undefined || id === undefined || !prefixes.includes(prefix)) return undefined
  if (checksum(text.slice(0, -6)) !== text.slice(-6)) return undefined
  return { id, hash: hashKey(text) }
}

/** What may be shown of a key. @example keyPrefix('8a4f01c2b3', 'rbtk') // 'rbtk_8a4f01c2b3' */
export function keyPrefix(id: string, prefix: KeyPrefix = 'rt'): string {
  return `${prefix}_${id}`
}

function hashKey(key: string): string {
  return hash('sha256', key, 'hex')
}

/** Six base-62 digits hold any 32-bit number, most significant first. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < 6; place++) {
    digits = BASE62.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** Bytes beyond the last full multiple of the alphabet are drawn again, so that no character is likelier. */
function randomCharacters(alphabet: string, length: number): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < limit && text.length < length) text += alphabet.charAt(byte % alphabet.length)
    }
  }
  return text
}
