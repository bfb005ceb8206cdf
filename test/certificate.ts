import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Paths of a certificate and its key, as PEM. */
export interface CertificateFiles {
  cert: string
  key: string
}

/**
 * A certificate that openssl made and signed with its own key, for hooks.test, localhost, 127.0.0.1 and the
 * name in the examples of deploy/.
 *
 * @param name its subject, and in the names of the files
 * @example const { cert, key } = makeCertificate(folder, 'receiver')
 */
export function makeCertificate(folder: string, name: string): CertificateFiles {
  const [key, cert] = [join(folder, `${name}-key.pem`), join(folder, `${name}-cert.pem`)]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '3650', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert],
      ...['-addext', 'subjectAltName=DNS:hooks.test,DNS:localhost,DNS:robotrace.example.org,IP:127.0.0.1'],
    ],
    { stdio: 'pipe' },
  )
  return { cert, key }
}
