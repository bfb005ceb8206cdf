import { createHash } from 'node:crypto'

/**
 * An answer with everything that differs from run to run replaced by something fixed of the same form: ids, keys,
 * tokens, signatures, codes and addresses. What is left is what the reference prints.
 *
 * @param printed what the example's own ids, and addresses, are printed as, by what they really were
 */
export function steady(text: string, printed: ReadonlyMap<string, string>): string {
  let out = text
  for (const [real, shown] of printed) out = out.replaceAll(real, shown)
  const known = new Set(printed.values())
  for (const [pattern, make] of FORMS) {
    const order = new Map<string, string>()
    out = out.replace(pattern, (found) => {
      if (known.has(found)) return found
      if (!order.has(found)) order.set(found, make(found, order.size))
      return order.get(found) ?? found
    })
  }
  return out
}

/** Each thing of a kind gets the next fixed one, so that what was the same stays the same. */
const FORMS: [RegExp, (found: string, nth: number) => string][] = [
  // The public id of a key stays readable in its prefix and in links to it.
  [
    /\b(?:rt|rbtk|rte)_[0-9a-z]{10}_[A-Za-z0-9_-]{20,}/g,
    (key, nth) => `${prefixOf(key)}_${keyId(nth)}_${'x'.repeat(43)}`,
  ],
  [/\b(?:rt|rbtk|rte)_[0-9a-z]{10}(?![0-9A-Za-z_])/g, (key, nth) => `${prefixOf(key)}_${keyId(nth)}`],
  [
    /(?<="(?:id|key_id|api_key_id|credential_id|rotated_to|target)": ?")[0-9a-z]{10}(?=")|(?<=[?&]by=)[0-9a-z]{10}\b/g,
    (_, nth) => keyId(nth),
  ],
  [
    /\b[a-z]{2,3}_[0-9a-hjkmnp-tv-z]{20}\b/g,
    (id, nth) => `${id.split('_')[0]}_${drawn(id.split('_')[0] ?? '', nth, CROCKFORD, 20)}`,
  ],
  [
    /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
    (_, nth) => `5f0c6c4e-8f0e-4a53-9a3f-3c1d7f0a2b1${nth + 1}`,
  ],
  [/\bwhsec_[A-Za-z0-9+/]{43}=/g, () => `whsec_${'x'.repeat(43)}=`],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, () => 'eyJhbGciOiJIUzI1NiJ9.xxxxxxxx.xxxxxxxx'],
  [/(?<=[?&](?:signature|sig|s)=)[A-Za-z0-9_-]{20,}/g, () => 'x'.repeat(43)],
  [/(?<=_code": ?")[A-Za-z0-9_-]{43}(?=")/g, () => 'x'.repeat(43)],
  [/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/g, () => 'GZHF-QXAQ'],
  [/(?<="duration_ms": ?)\d+/g, () => '42'],
  [/(?<="(?:hash|token_hash|previous_hash)": ?")(?!0{64})[0-9a-f]{64}/g, () => HASH],
]

const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz'

function prefixOf(key: string): string {
  return key.slice(0, key.indexOf('_'))
}

function keyId(nth: number): string {
  return drawn('key', nth, BASE36, 10)
}

/** Looks drawn at random, and is the same every time. */
function drawn(kind: string, nth: number, alphabet: string, length: number): string {
  const bytes = createHash('sha256').update(`${kind} ${nth}`).digest()
  return [...bytes.subarray(0, length)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('')
}
