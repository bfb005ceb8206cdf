import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { z } from 'zod'

/**
 * The hand-off of a freshly minted key (RFC 9180): a key pair follows from the device_code, which only the
 * terminal has. The server keeps the public half, seals the key to it at the approval, and can open it again only
 * while the terminal presents its device_code. So the key rests nowhere in clear, not even for seconds.
 */
const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

/** Binds a sealed text to its purpose and its login: it opens nowhere else. */
const info = (login_id: string): Uint8Array => new TextEncoder().encode(`robotrace device login ${login_id}`)

/** What travels sealed. The user code is in it because the key's label shows it, and nothing else knows it. */
const handoff = z.object({ api_key: z.string(), user_code: z.string() })
export type Handoff = z.infer<typeof handoff>

export interface Sealed {
  /** Both base64url. */
  sealed_key: string
  sealed_secret: string
}

/** The public half of the device_code's key pair, base64url. */
export async function publicKeyOf(device_code: string): Promise<string> {
  const { publicKey } = await keyPairOf(device_code)
  return toText(await suite.SerializePublicKey(publicKey))
}

export async function seal(public_key: string, login_id: string, content: Handoff): Promise<Sealed> {
  const recipient = await suite.DeserializePublicKey(toBytes(public_key))
  const text = new TextEncoder().encode(JSON.stringify(content))
  const { encapsulatedSecret, ciphertext } = await suite.Seal(recipient, text, { info: info(login_id) })
  return { sealed_key: toText(ciphertext), sealed_secret: toText(encapsulatedSecret) }
}

/** @throws when the device_code is not the one it was sealed to, or the sealed text was changed */
export async function openSealed(device_code: string, login_id: string, sealed: Sealed): Promise<Handoff> {
  const pair = await keyPairOf(device_code)
  const text = await suite.Open(pair, toBytes(sealed.sealed_secret), toBytes(sealed.sealed_key), {
    info: info(login_id),
  })
  return handoff.parse(JSON.parse(new TextDecoder().decode(text)))
}

function keyPairOf(device_code: string) {
  return suite.DeriveKeyPair(new TextEncoder().encode(device_code))
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

function toBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'))
}
