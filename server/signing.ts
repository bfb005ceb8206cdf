import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** What a signature is for. Each purpose has a key of its own, so no signature serves for another. */
export type SigningPurpose = 'blob-url' | 'known-device' | 'user-code'

export interface SigningKeys {
  /** HMAC-SHA256 over the text, base64url. */
  sign(purpose: SigningPurpose, text: string): string
  /** Constant-time comparison. */
  verify(purpose: SigningPurpose, text: string, signature: string): boolean
}

/**
 * Keys for our own signatures, derived (HKDF-SHA256) from the installation's one secret.
 *
 * @example const signing = createSigningKeys(masterSecret('data/secret'))
 */
export function createSigningKeys(master: string): SigningKeys {
  const derive = (purpose: SigningPurpose): Buffer =>
    Buffer.from(hkdfSync('sha256', master, 'robotrace', purpose, 32))
  const keys: Record<SigningPurpose, Buffer> = {
    'blob-url': derive('blob-url'),
    'known-device': derive('known-device'),
    'user-code': derive('user-code'),
  }
  const mac = (purpose: SigningPurpose, text: string): Buffer =>
    createHmac('sha256', keys[purpose]).update(text).digest()
  return {
    sign: (purpose, text) => mac(purpose, text).toString('base64url'),
    verify(purpose, text, signature) {
      // Compared as text: decoding would forgive the spare bits of base64url's last character.
      const given = Buffer.from(signature)
      const wanted = Buffer.from(mac(purpose, text).toString('base64url'))
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
  }
}

/** Reads the installation's secret, making it (32 random bytes, mode 0600) when the file is not there yet. */
export function masterSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const secret = randomBytes(32).toString('base64url')
  const fd = openSync(file, 'wx', 0o600)
  writeSync(fd, `${secret}\n`)
  fsyncSync(fd)
  closeSync(fd)
  return secret
}
