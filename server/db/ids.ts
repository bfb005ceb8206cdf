import { randomBytes } from 'node:crypto'

/** Crockford's base 32 in lower case: no i, l, o or u, so an id survives being read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

export type IdKind =
  | 'acc'
  | 'ses'
  | 'inv'
  | 'prj'
  | 'dev'
  | 'ep'
  | 'req'
  | 'dl'
  | 'tok'
  | 'ssh'
  | 'ev'
  | 'nt'
  | 'grp'
  | 'cap'
  | 'pkg'
  | 'wh'
  | 'msg'
  | 'del'
  | 'dlt'
  | 'rul'

/**
 * A new id that says what it names: the kind, an underscore and 20 random characters (100 bits).
 *
 * @example newId('ep') // 'ep_7c2h9v0m4t1xq8k3zb5n'
 */
export function newId(kind: IdKind): string {
  let id = `${kind}_`
  // 256 is a multiple of 32: taking five bits of each byte favours no character.
  for (const byte of takeRandom(20)) id += ALPHABET[byte & 31]
  return id
}

/** Each request gets an id, and asking the system for 20 bytes costs as much as asking for 4,000. */
const POOL_BYTES = 4_000
let pool = randomBytes(POOL_BYTES)
let used = 0

function takeRandom(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  used += bytes
  return pool.subarray(used - bytes, used)
}
