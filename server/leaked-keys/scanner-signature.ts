import { createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'

/** The list of public keys as GitHub publishes it, with whatever else stands there. */
const keyList = z.object({
  public_keys: z.array(z.object({ key_identifier: z.string(), key: z.string() })),
})

/** What came with an alert. */
export interface SignedAlert {
  /** The very bytes of the body, decoded as UTF-8: bytes that are none do not survive, and then nothing fits. */
  body: string
  /** Which key, and the ECDSA signature in DER, base64. */
  key_identifier: string
  signature: string
}

/**
 * Whether a scanner's alert was signed by one of these keys: ECDSA on P-256 with SHA-256 over the raw body, as
 * GitHub's secret scanning partner program does it.
 *
 * @param keys text of the list of public keys
 * @throws SyntaxError or ZodError when the list itself is broken
 */
export function isSigned(alert: SignedAlert, keys: string): boolean {
  const { public_keys } = keyList.parse(JSON.parse(keys))
  const found = public_keys.find(({ key_identifier }) => key_identifier === alert.key_identifier)
  if (!found) return false
  const key = createPublicKey(found.key)
  // The kind of key decides the algorithm, so it must be the one that is expected.
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false
  return verify('sha256', Buffer.from(alert.body), key, Buffer.from(alert.signature, 'base64'))
}
