/**
 * Our own keys, and the enrolment tokens that are swapped for them: `<prefix>_<10 base36>_<43 base62>`, where the
 * last six characters are the CRC-32 of everything before them. A key of another maker may look different; only the
 * server can judge it.
 */
const OUR_SHAPE = /^(?:rt|rbtk)_[0-9a-z]{10}_[0-9A-Za-z]{43}$/
/** The same anywhere in a text: what docs/keys.md gives to scanners. */
const KEYS_IN_TEXT = /\b(?:rt|rbtk|rte)_[0-9a-z]{10}_[0-9A-Za-z]{43}\b/g
const ANY_KEY = /\b((?:rt|rbtk|rte)_[0-9A-Za-z]+)_[0-9A-Za-z_-]{8,}/g
const ANY_JWT = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const CHECK_LENGTH = 6

/**
 * Why this text cannot be a key, without showing it; undefined when the server has to decide.
 *
 * @example keyProblem('rt_8a4f01c2b3_…') // 'was mistyped or cut: its checksum does not fit'
 */
export function keyProblem(key: string): string | undefined {
  if (key.length === 0) return 'is empty'
  // A header value with a line break in it would be quoted, key and all, by the runtime's own error.
  if (!/^[\x21-\x7e]+$/.test(key)) return 'has spaces, line breaks or other characters that no key has'
  if (JWT.test(key)) return undefined
  if (key.startsWith('rte_')) return 'is an enrolment token: swap it for a key with `robotrace device enroll`'
  if (!/^(?:rt|rbtk)_/.test(key)) return 'does not start with rt_ (or rbtk_)'
  if (!OUR_SHAPE.test(key)) return undefined
  return isIntact(key) ? undefined : 'was mistyped or cut: its checksum does not fit'
}

/**
 * Why this text cannot be an enrolment token, without showing it; undefined when the server has to decide.
 *
 * @example enrolmentTokenProblem('rte_8a4f01c2b3_…') // 'was mistyped or cut: its checksum does not fit'
 */
export function enrolmentTokenProblem(token: string): string | undefined {
  if (!token.startsWith('rte_')) return 'does not start with rte_'
  const isOurs = /^rte_[0-9a-z]{10}_[0-9A-Za-z]{43}$/.test(token) && isIntact(token)
  return isOurs ? undefined : 'was mistyped or cut: its checksum does not fit'
}

/** Whether the last six characters are the checksum of the others. */
function isIntact(key: string): boolean {
  return checksum(key.slice(0, -CHECK_LENGTH)) === key.slice(-CHECK_LENGTH)
}

/** A key found in a text: where it begins and ends, and its public part. */
export interface FoundKey {
  start: number
  end: number
  key_prefix: string
}

/**
 * The keys in a text, by shape and checksum, without asking anybody: of look-alikes, one in four thousand million
 * passes.
 *
 * @example findKeys(`api_key = "${key}"`) // [{ start: 11, end: 68, key_prefix: 'rt_8a4f01c2b3' }]
 */
export function findKeys(text: string): FoundKey[] {
  return [...text.matchAll(KEYS_IN_TEXT)]
    .filter(([key]) => isIntact(key))
    .map(({ 0: key, index }) => ({ start: index, end: index + key.length, key_prefix: keyPrefix(key) }))
}

/**
 * The public part of a key, safe to show.
 *
 * @example keyPrefix(key) // 'rt_8a4f01c2b3'
 */
export function keyPrefix(key: string): string {
  return /^(?:rt|rbtk|rte)_[0-9A-Za-z]{1,12}(?=_)/.exec(key)?.[0] ?? ''
}

/**
 * The text without secrets: the given one, if any, and everything that has the shape of a key keep their public part only.
 *
 * @example hideKeys(`wrong header: Bearer ${key}`, key) // 'wrong header: Bearer rt_8a4f01c2b3…'
 */
export function hideKeys(text: string, key?: string): string {
  const without = key === undefined ? text : text.replaceAll(key, `${keyPrefix(key)}…`)
  return without.replace(ANY_KEY, '$1…').replace(ANY_JWT, 'eyJ…')
}

/** CRC-32 of the text as six base62 digits, most significant first. */
export function checksum(text: string): string {
  let rest = crc32(new TextEncoder().encode(text))
  let digits = ''
  for (let place = 0; place < CHECK_LENGTH; place++) {
    digits = BASE62.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** CRC-32 with zlib's polynomial (RFC 1952 section 8), bit by bit: a key has 51 bytes, a table buys nothing. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
