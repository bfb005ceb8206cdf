import { createHash, createPublicKey } from 'node:crypto'
import sshpk from 'sshpk'
import { AppError } from '../errors.ts'
import { INVISIBLE } from '../http/text.ts'
import { readStrings } from './blob.ts'

/** A public key as it is stored: OpenSSH's own form, and nothing else of what was pasted. */
export interface PublicKey {
  /** `ssh-ed25519`, … */
  type: string
  /** The blob (RFC 4253 section 6.6), base64. */
  public_key: string
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  fingerprint: string
  comment: string
}

const LEAST_RSA_BITS = 2048
export const GOOD_RSA_BITS = 3072
const MOST_RSA_BITS = 16_384
const MOST_COMMENT = 200

const TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]

/**
 * Reads the text of one `.pub` file. What is refused is named with its fix and never repeated: it may be a private
 * key.
 *
 * @throws AppError invalid_request about `key_text`
 * @example readPublicKey('ssh-ed25519 AAAAC3… art@laptop').fingerprint // 'SHA256:…'
 */
export function readPublicKey(text: string): PublicKey {
  refusePrivateKey(text)
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  if (lines.length !== 1) throw wrongLines(lines)
  const words = (lines[0] ?? '')
    .replace(/^\ufeff/, '')
    .trim()
    .split(/[ \t]+/)
  const [type = '', encoded = '', ...comment] = words
  if (!TYPES.includes(type)) throw wrongType(words)
  const blob = decode(encoded)
  const [first] = readStrings(blob) ?? []
  if (first === undefined) throw refuse('was cut or mistyped: copy the whole line of the .pub file again')
  if (first.toString('latin1') !== type) {
    throw refuse('says one type before the key and another one inside of it: copy the .pub file again')
  }
  requireSound(type, blob)
  return {
    type,
    public_key: encoded,
    fingerprint: fingerprintOf(blob),
    comment: comment.join(' ').toWellFormed().replace(INVISIBLE, '').slice(0, MOST_COMMENT),
  }
}

/** The same for the same key whatever the comment: 43 characters of base64 without padding. */
function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** Bits of the key, as `ssh-keygen -lf` counts them. */
export function bitsOf(type: string, public_key: string): number {
  if (type !== 'ssh-rsa') return Number(/nistp(\d+)/.exec(type)?.[1] ?? 256)
  return bitLength(readStrings(Buffer.from(public_key, 'base64'))?.[2])
}

const PRIVATE = [
  // PEM in all its forms (PKCS#1, PKCS#8, SEC 1, OpenSSH) and what is left of it when the armour was lost.
  /PRIVATE[\s-]*KEY/i,
  /b3BlbnNzaC1rZXktdjE/,
  /PuTTY-User-Key-File/i,
  /Private-Lines:/i,
  /"d"\s*:\s*"[\w-]{20,}"/,
]

export function refusePrivateKey(text: string): void {
  if (!PRIVATE.some((sign) => sign.test(text)) && !isPrivateDer(text)) return
  throw refuse(
    'is a PRIVATE key. It was not stored or logged, but it has left your machine: consider it burnt. Make a new pair with ssh-keygen and paste the file that ends in .pub',
  )
}

/** Base64 without any armour that decodes to a PKCS#1, SEC 1 or PKCS#8 private key: SEQUENCE, INTEGER 0 or 1. */
function isPrivateDer(text: string): boolean {
  const bytes = Buffer.from(text.replace(/\s+/g, ''), 'base64')
  return (
    bytes.length > 40 &&
    bytes[0] === 0x30 &&
    /^30(?:[0-7].|8[1-3](?:..)+?)02010[01]/.test(bytes.toString('hex', 0, 8))
  )
}

function wrongLines(lines: string[]): AppError {
  if (lines.length === 0) return refuse('must not be empty')
  if (/^-{4,5} ?BEGIN/.test(lines[0] ?? '')) {
    return refuse(
      'is in another form than OpenSSH’s. Convert it with ssh-keygen -i -f <file> (-m PKCS8 for PEM)',
    )
  }
  const keys = lines.filter((line) => line.split(/\s+/).some((word) => TYPES.includes(word)))
  if (keys.length > 1) return refuse('holds several keys. Upload them one at a time')
  return refuse('must be a single line: copy the .pub file again, without line breaks')
}

function wrongType(words: string[]): AppError {
  const [type = ''] = words
  if (type.includes('-cert-v0')) {
    return refuse('is a certificate. Upload the public key that it was made for')
  }
  if (type === 'ssh-dss')
    return refuse('is a DSA key, which sshd takes no more. Make one with ssh-keygen -t ed25519')
  if (words.some((word) => TYPES.includes(word))) {
    return refuse(`has options before the key, which are not taken. Begin with the type, such as ${TYPES[0]}`)
  }
  return refuse(
    `is no OpenSSH public key. It begins with ${TYPES.slice(0, -1).join(', ')} or ${TYPES.at(-1)}`,
  )
}

/** Only what encodes back to the same text: base64 would forgive letters at the end and marks in between. */
function decode(encoded: string): Buffer {
  const blob = Buffer.from(encoded, 'base64')
  if (encoded !== '' && blob.toString('base64') === encoded) return blob
  throw refuse('was cut or mistyped: copy the whole line of the .pub file again')
}

function requireSound(type: string, blob: Buffer): void {
  const sound = type.startsWith('sk-') ? isSoundSecurityKey(type, blob) : isSound(type, blob)
  if (!sound) throw refuse('is damaged: copy the whole line of the .pub file again')
  if (type !== 'ssh-rsa') return
  const bits = bitLength(readStrings(blob)?.[2])
  if (bits >= LEAST_RSA_BITS && bits <= MOST_RSA_BITS) return
  throw refuse(
    `is an RSA key of ${bits} bits; ${LEAST_RSA_BITS} are the least. Make one with ssh-keygen -t ed25519`,
  )
}

/** sshpk reads it, writes the same bytes, and the numbers are a key: a point that lies on its curve. */
function isSound(type: string, blob: Buffer): boolean {
  try {
    const key = sshpk.parseKey(`${type} ${blob.toString('base64')}`, 'ssh')
    if (!key.toBuffer('rfc4253', {}).equals(blob)) return false
    if (type !== 'ssh-ed25519') createPublicKey(key.toString('pkcs8'))
    return true
  } catch {
    return false
  }
}

/**
 * What a FIDO token holds (OpenSSH's PROTOCOL.u2f): the public key and the application it was made for, which is
 * `ssh:` or begins so.
 */
function isSoundSecurityKey(type: string, blob: Buffer): boolean {
  const [, ...parts] = readStrings(blob) ?? []
  const application = parts.at(-1)?.toString('latin1') ?? ''
  if (!/^ssh:[\x20-\x7e]*$/.test(application)) return false
  if (type.startsWith('sk-ssh-ed25519')) return parts.length === 2 && parts[0]?.length === 32
  const [curve, point] = parts
  return parts.length === 3 && curve?.toString('latin1') === 'nistp256' && isPointOfP256(point)
}

function isPointOfP256(point: Buffer | undefined): boolean {
  if (point?.length !== 65 || point[0] !== 4) return false
  const [x, y] = [point.toString('base64url', 1, 33), point.toString('base64url', 33)]
  try {
    createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
    return true
  } catch {
    return false
  }
}

/** Of a positive integer, whose leading zero byte keeps it positive. */
function bitLength(integer: Buffer | undefined): number {
  const hex = integer?.toString('hex').replace(/^0+/, '') ?? ''
  return hex === '' ? 0 : (hex.length - 1) * 4 + Number.parseInt(hex.charAt(0), 16).toString(2).length
}

function refuse(message: string): AppError {
  return new AppError('invalid_request', `key_text: ${message}.`, { errors: [{ path: 'key_text', message }] })
}
