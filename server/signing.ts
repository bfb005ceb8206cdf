import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** What a signature is for. Each purpose has a key of its own, so no signature serves for another. */
export type SigningPurpose = 'blob-url' | 'known-device' | 'user-code' | 'recovery-code' | 'doctor'

export interface SigningKeys {
  /** HMAC-SHA256 over the text, base64url, with today's secret. */
  sign(purpose: SigningPurpose, text: string): string
  /** Constant-time comparison; a signature of the previous secret is good as well. */
  verify(purpose: SigningPurpose, text: string, signature: string): boolean
  /** Keys of HS256 tokens: today's first, then the previous one for as long as the operator keeps it. */
  tokens: readonly TokenKey[]
  /**
   * Encrypts what has to be read again (AES-256-GCM), so that the database alone does not give it away.
   *
   * @param context what it belongs to, an account's id for example: it opens for nothing else
   */
  seal(text: string, context: string): string
  /** @throws Error when it was sealed for another context, changed, or with a secret that is gone */
  unseal(sealed: string, context: string): string
}

export interface TokenKey {
  /** `kid`: says which key signed, without saying anything about the key. */
  id: string
  secret: Uint8Array
}

/**
 * Keys for our own signatures, derived (HKDF-SHA256) from the installation's one secret.
 *
 * @param previous the secret before the last change: what it signed stays good until it is taken away
 * @example const signing = createSigningKeys(masterSecret('data/secret'))
 */
export function createSigningKeys(master: string, previous?: string): SigningKeys {
  const masters = previous === undefined ? [master] : [master, previous]
  const derived = new Map<string, Buffer[]>()
  const keysFor = (purpose: string): Buffer[] => {
    const known = derived.get(purpose)
    if (known) return known
    const keys = masters.map((one) => Buffer.from(hkdfSync('sha256', one, 'robotrace', purpose, 32)))
    derived.set(purpose, keys)
    return keys
  }
  const [sealing] = keysFor('seal')
  return {
    sign: (purpose, text) => mac(keysFor(purpose)[0] ?? Buffer.alloc(0), text),
    verify: (purpose, text, signature) => keysFor(purpose).some((key) => isSame(signature, mac(key, text))),
    tokens: keysFor('token').map((secret) => ({
      id: createHash('sha256').update(secret).digest('base64url').slice(0, 8),
      secret,
    })),
    seal: (text, context) => encrypt(sealing ?? Buffer.alloc(0), text, context),
    unseal(sealed, context) {
      for (const key of keysFor('seal')) {
        const text = decrypt(key, sealed, context)
        if (text !== undefined) return text
      }
      throw new Error('sealed text does not open: another secret, another owner, or damage')
    },
  }
}

function mac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** Compared as text: decoding would forgive the spare bits of base64url's last character. */
function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

function encrypt(key: Buffer, text: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

function decrypt(key: Buffer, sealed: string, context: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  if (tag.length !== TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context)).setAuthTag(tag)
  try {
    return (
      decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    )
  } catch {
    return undefined
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

/**
 * The secret before the last change, kept beside the secret as `<file>.previous` by whoever changed it.
 *
 * @returns undefined when there is none
 * @throws BrokenSecretError
 */
export function previousSecret(file: string): string | undefined {
  return existsSync(`${file}.previous`) ? masterSecret(`${file}.previous`) : undefined
}
