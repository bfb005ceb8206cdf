import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

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

/** What ROBOTRACE_SECRET and the file have to have at least: anything shorter can be guessed. */
const MIN_SECRET = 32

/** The file is there and holds no secret: somebody emptied it, or the disk was full. */
export class BrokenSecretError extends Error {
  constructor(file: string) {
    super(
      `${file} does not hold a secret of ${MIN_SECRET} characters. Restore it from a backup; or remove it, which ends all signed links and remembered browsers.`,
    )
    this.name = 'BrokenSecretError'
  }
}

/**
 * Reads the installation's secret, making it (32 random bytes, mode 0600) when the file is not there yet.
 *
 * @throws BrokenSecretError when the file is too short to be one
 */
export function masterSecret(file: string): string {
  if (!existsSync(file)) createSecret(file)
  const secret = readFileSync(file, 'utf8').trim()
  if (secret.length < MIN_SECRET) throw new BrokenSecretError(file)
  return secret
}

/** Written whole under another name first: a crash in between must not leave an empty secret behind. */
function createSecret(file: string): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  const fd = openSync(temporary, 'wx', 0o600)
  writeSync(fd, `${randomBytes(32).toString('base64url')}\n`)
  fsyncSync(fd)
  closeSync(fd)
  renameSync(temporary, file)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
