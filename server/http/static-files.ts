import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RequestHandler } from 'express'
import sirv from 'sirv'
import { carriedBytes, carriedFiles, isOneFile } from '../binary/carried.ts'
import { projectFile } from '../project.ts'

/** Compressed beside the file itself when it was built, best first. */
const ENCODINGS = { br: '.br', gzip: '.gz', identity: '' } as const

/**
 * Serves a built folder: what lies in `assets/` is named by its content and kept for ever, everything else is asked
 * for again. Undefined when the folder was not built.
 *
 * @param folder in the project, such as `dist/portal`
 * @param single whether another address than an asset's is answered with index.html, for an application that reads it
 * @example const files = staticFiles('dist/portal', { single: true })
 */
export function staticFiles(folder: string, { single }: { single: boolean }): RequestHandler | undefined {
  if (isOneFile) return fromMemory(folder, single)
  const path = projectFile(folder)
  if (!existsSync(join(path, 'index.html'))) return undefined
  return sirv(path, {
    gzip: true,
    brotli: true,
    etag: true,
    single,
    ignores: [/^\/assets\//],
    setHeaders: (response, name) => response.setHeader('Cache-Control', cacheControl(name)),
  })
}

function cacheControl(path: string): string {
  return path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
}

/**
 * The same out of the executable: nothing lies on a disk where it could be changed, or be cleared away while it is
 * served.
 */
function fromMemory(folder: string, single: boolean): RequestHandler | undefined {
  const files = carriedFiles()
  if (!files.has(`${folder}/index.html`)) return undefined
  return (request, response, next) => {
    const asked = request.path === '/' ? '/index.html' : request.path
    const found = files.has(folder + asked)
    if (!found && (!single || asked.startsWith('/assets/'))) return next()
    const name = found ? asked : '/index.html'
    const offered = (['br', 'gzip', 'identity'] as const).filter((one) =>
      files.has(folder + name + ENCODINGS[one]),
    )
    // Browsers weigh them alike: the smallest is taken, not the one that is named first.
    const encoding = offered.find((one) => request.acceptsEncodings(one)) ?? 'identity'
    const stored = folder + name + ENCODINGS[encoding]
    response.type(name.slice(name.lastIndexOf('.')))
    response.setHeader('Cache-Control', cacheControl(name))
    response.setHeader('ETag', `"${(files.get(stored) ?? '').slice(0, 32)}"`)
    if (offered.length > 1) response.vary('Accept-Encoding')
    if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding)
    // Answers 304 and HEAD by itself.
    response.send(carriedBytes(stored))
  }
}
