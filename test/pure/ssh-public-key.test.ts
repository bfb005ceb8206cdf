import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppError } from '../../server/errors.ts'
import { bitsOf, readPublicKey } from '../../server/ssh-keys/public-key.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'robotrace-keys-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A real pair of ssh-keygen's. */
function keygen(name: string, ...options: string[]): { pub: string; secret: string } {
  const file = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', 'art@laptop 1', '-f', file, ...options])
  return { pub: readFileSync(`${file}.pub`, 'utf8'), secret: readFileSync(file, 'utf8') }
}

/** `256 SHA256:… comment (ED25519)` */
function listed(pub: string): string[] {
  const file = join(folder, 'listed.pub')
  writeFileSync(file, pub)
  return execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).split(' ')
}

function refusal(text: string): string {
  try {
    readPublicKey(text)
  } catch (error) {
    if (error instanceof AppError) return error.detail
    throw error
  }
  throw new Error('nothing was refused')
}

const string = (bytes: Buffer | string): Buffer => {
  const body = Buffer.from(bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}
const pubOf = (type: string, ...parts: (Buffer | string)[]): string =>
  `${type} ${Buffer.concat([string(type), ...parts.map(string)]).toString('base64')} art@token`

function point(): Buffer {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  })
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}

const SK_ED = 'sk-ssh-ed25519@openssh.com'
const SK_EC = 'sk-ecdsa-sha2-nistp256@openssh.com'

describe('(71) taken, with the fingerprint and the length that ssh-keygen -lf prints', () => {
  test.each([
    ['ssh-ed25519', ['-t', 'ed25519']],
    ['ecdsa-sha2-nistp256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa-sha2-nistp384', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa-sha2-nistp521', ['-t', 'ecdsa', '-b', '521']],
    ['ssh-rsa', ['-t', 'rsa', '-b', '2048']],
    ['ssh-rsa', ['-t', 'rsa', '-b', '3072']],
  ])('%s %j', (type, options) => {
    const { pub } = keygen(options.join(''), ...options)
    for (const text of [pub, pub.trim(), `\n  ${pub.replace(' ', '\t')}\r\n`, `\ufeff${pub}`]) {
      const key = readPublicKey(text)
      expect(key).toMatchObject({ type, comment: 'art@laptop 1' })
      const [bits, fingerprint] = listed(pub)
      expect(key.fingerprint).toBe(fingerprint)
      expect(String(bitsOf(key.type, key.public_key))).toBe(bits)
    }
  })

  test.each([
    [SK_ED, () => pubOf(SK_ED, randomBytes(32), 'ssh:')],
    [SK_ED, () => pubOf(SK_ED, randomBytes(32), 'ssh:laboratory')],
    [SK_EC, () => pubOf(SK_EC, 'nistp256', point(), 'ssh:')],
  ])('%s, as a FIDO token makes it', (type, make) => {
    const pub = make()
    const key = readPublicKey(pub)
    expect(key.type).toBe(type)
    expect([String(bitsOf(type, key.public_key)), key.fingerprint]).toEqual(listed(pub).slice(0, 2))
  })

  test('a comment keeps what can be seen of it', () => {
    const { pub } = keygen('comment', '-t', 'ed25519')
    const [type, blob] = pub.split(' ')
    expect(readPublicKey(`${type} ${blob} <img onerror=x> \u202e\u0007\u001b[31m`).comment).toBe(
      '<img onerror=x> [31m',
    )
    expect(readPublicKey(`${type} ${blob}`).comment).toBe('')
    expect(readPublicKey(`${type} ${blob} ${'x'.repeat(5000)}`).comment).toHaveLength(200)
  })
})

describe('(71) refused with the fix, and never repeated', () => {
  const good = () => keygen(`good${randomBytes(4).toString('hex')}`, '-t', 'ed25519').pub.trim()

  test('RSA below 2048 bits', () => {
    expect(refusal(keygen('rsa1024', '-t', 'rsa', '-b', '1024').pub)).toContain('RSA key of 1024 bits')
  })

  test('DSA', () => {
    expect(
      refusal(pubOf('ssh-dss', randomBytes(128), randomBytes(20), randomBytes(128), randomBytes(128))),
    ).toContain('DSA')
  })

  test('options in front of the key, wherever they come from', () => {
    for (const options of ['command="/bin/sh"', 'no-pty,from="10.0.0.1"', 'cert-authority']) {
      expect(refusal(`${options} ${good()}`)).toContain('options before the key')
    }
  })

  test('two keys, and one broken over two lines', () => {
    expect(refusal(`${good()}\n${good()}`)).toContain('several keys')
    const pub = good()
    expect(refusal(`${pub.slice(0, 40)}\n${pub.slice(40)}`)).toContain('single line')
    expect(refusal('')).toContain('must not be empty')
  })

  test('a type that is not the blob’s', () => {
    const [, blob] = good().split(' ')
    expect(refusal(`ssh-rsa ${blob}`)).toContain('one type before the key and another one inside')
  })

  test('a certificate', () => {
    keygen('authority', '-t', 'ed25519')
    keygen('certified', '-t', 'ed25519')
    const file = join(folder, 'certified')
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      join(folder, 'authority'),
      '-I',
      'id',
      '-n',
      'root',
      `${file}.pub`,
    ])
    expect(refusal(readFileSync(`${file}-cert.pub`, 'utf8'))).toContain('certificate')
  })

  test('other notations', () => {
    const file = join(folder, 'notation')
    keygen('notation', '-t', 'rsa', '-b', '2048')
    for (const form of ['RFC4716', 'PKCS8', 'PEM']) {
      const text = execFileSync('ssh-keygen', ['-e', '-m', form, '-f', file], { encoding: 'utf8' })
      expect(refusal(text), form).toContain('another form than OpenSSH')
    }
    expect(refusal('hello')).toContain('no OpenSSH public key')
  })

  test('a blob that was cut, lengthened, mistyped, or is no point of its curve', () => {
    const [type, blob = ''] = good().split(' ')
    for (const wrong of [blob.slice(0, -4), `${blob}AAAA`, `${blob}=`, blob.replace(/.$/, '*'), '', 'A']) {
      expect(refusal(`${type} ${wrong}`)).toMatch(/cut or mistyped|damaged/)
    }
    const off = Buffer.concat([Buffer.from([4]), randomBytes(64)])
    expect(refusal(pubOf('ecdsa-sha2-nistp256', 'nistp256', off))).toContain('damaged')
    expect(refusal(pubOf('ecdsa-sha2-nistp384', 'nistp256', point()))).toContain('damaged')
    expect(refusal(pubOf('ssh-ed25519', randomBytes(31)))).toContain('damaged')
    expect(refusal(pubOf(SK_EC, 'nistp256', off, 'ssh:'))).toContain('damaged')
    expect(refusal(pubOf(SK_EC, 'nistp384', point(), 'ssh:'))).toContain('damaged')
    expect(refusal(pubOf(SK_ED, randomBytes(32)))).toContain('damaged')
    expect(refusal(pubOf(SK_ED, randomBytes(32), 'ssh:', 'more'))).toContain('damaged')
    expect(refusal(pubOf(SK_ED, randomBytes(32), 'https://evil.example'))).toContain('damaged')
  })

  test('a private key in any notation, whole or in part: it is told that it is burnt', () => {
    const { secret, pub } = keygen('secret', '-t', 'ed25519')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const pem = (type: 'pkcs1' | 'pkcs8' | 'sec1', key = rsa) => String(key.export({ type, format: 'pem' }))
    const unarmoured = (text: string): string => text.replace(/-----.*-----\n/g, '')
    const texts = [
      secret,
      `${pub}${secret}`,
      unarmoured(secret),
      secret.replaceAll('\n', ' '),
      pem('pkcs1'),
      pem('pkcs8'),
      pem('sec1', ec),
      unarmoured(pem('pkcs1')),
      unarmoured(pem('pkcs8')),
      unarmoured(pem('sec1', ec)),
      unarmoured(String(ec.export({ type: 'pkcs8', format: 'pem' }))),
      String(rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })),
      JSON.stringify(ec.export({ format: 'jwk' })),
      'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPublic-Lines: 2\n',
    ]
    for (const text of texts) {
      const said = refusal(text)
      expect(said, text).toContain('is a PRIVATE key')
      expect(said).toContain('consider it burnt')
      expect(said).not.toContain(unarmoured(text).slice(0, 24))
    }
  })

  test('2,000 damaged keys are each refused or read as the very bytes that they are', () => {
    const pub = good()
    fc.assert(
      fc.property(
        fc.nat(pub.length - 1),
        fc.string({ maxLength: 3, unit: 'binary' }),
        fc.nat(4),
        (at, put, cut) => {
          const text = pub.slice(0, at) + put + pub.slice(at + cut)
          try {
            const key = readPublicKey(text)
            expect(
              text
                .replace(/^\ufeff/, '')
                .trim()
                .split(/[ \t]+/)[1],
            ).toBe(key.public_key)
          } catch (error) {
            if (!(error instanceof AppError)) throw error
            expect(error.code).toBe('invalid_request')
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
