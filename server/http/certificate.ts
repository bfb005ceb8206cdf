import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Config } from '../config.ts'
import { ConfigError } from '../config.ts'

type Files = NonNullable<Config['tls']>

/**
 * What the server speaks TLS with, read and tried: a certificate that does not belong to the key is found here and not
 * in the first handshake.
 *
 * @throws ConfigError naming the file and the fix
 * @example server.setSecureContext(readCertificate(config.tls))
 */
export function readCertificate({ cert, key }: Files): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: read('TLS certificate', cert),
    key: read('TLS key', key),
    minVersion: 'TLSv1.2',
  }
  try {
    createSecureContext(options)
    return options
  } catch (error) {
    throw new ConfigError([`${cert} and ${key}: ${inWords(error)}`])
  }
}

/** What is wrong with the files, for whoever asks before the server starts; empty where none are configured. */
export function certificateProblems(files: Config['tls']): string[] {
  try {
    if (files) readCertificate(files)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** Whether everybody on this machine can read the key. False for one that is not there, which is found elsewhere. */
export function isKeyReadByOthers({ key }: Files): boolean {
  return ((statSync(key, { throwIfNoEntry: false })?.mode ?? 0) & 0o004) !== 0
}

function read(what: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new ConfigError([
      `${path}: this ${what} cannot be read (${code}). Check its path and who may read it`,
    ])
  }
}

function inWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') {
    return 'the key does not belong to the certificate. The certificate of the server itself has to come first in its file'
  }
  return `are not a certificate and a key without a passphrase, both as PEM (${code || 'unreadable'})`
}
