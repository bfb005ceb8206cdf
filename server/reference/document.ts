import { createHash } from 'node:crypto'
import { projectText } from '../project.ts'

/** The API's description as it is served. */
export interface ServedDocument {
  text: string
  etag: string
}

let read: { public_url: string; document: ServedDocument } | undefined

/**
 * docs/openapi.json, which is made from the doors (`npm run gen`, held fresh by a test), with this server's address.
 * Read once: it does not change while the process lives.
 */
export function readDocument(public_url: string): ServedDocument {
  if (read?.public_url !== public_url) read = { public_url, document: makeDocument(public_url) }
  return read.document
}

function makeDocument(public_url: string): ServedDocument {
  const document: object = JSON.parse(projectText('docs/openapi.json'))
  const text = JSON.stringify({ ...document, servers: [{ url: public_url }] })
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
}
