import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type RequestHandler, Router } from 'express'
import sirv from 'sirv'
import { AppError } from '../errors.ts'
import { projectFile } from '../project.ts'

/**
 * The built portal: hashed assets for ever, everything else asked again. A page address falls back to the
 * application; `/api` and `/trpc` never come this far.
 */
export function portal(): Router {
  const router = Router()
  const folder = projectFile('dist/portal')
  if (!existsSync(join(folder, 'index.html'))) {
    router.use(unbuilt)
    return router
  }
  const files = sirv(folder, {
    gzip: true,
    brotli: true,
    etag: true,
    single: true,
    ignores: [/^\/assets\//],
    setHeaders: (response, path) => {
      const forever = path.startsWith('/assets/')
      response.setHeader('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  // What `type` in a refusal leads to.
  router.get('/docs/problems', (_request, response) => {
    response.type('text/plain; charset=utf-8').sendFile(projectFile('docs/problems.md'))
  })
  router.use((request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new AppError('method_not_allowed')
    if (request.path === '/') return response.redirect(302, '/portal/episodes')
    if (isMachineAddress(request.path)) throw new AppError('not_found', 'No such address.')
    return files(request, response, next)
  })
  router.use(missing)
  return router
}

/** `//api/…`, which a base address ending in a slash makes, and `/api%2f…` are meant for the API, not for people. */
function isMachineAddress(path: string): boolean {
  return /^(\/|%2f)+(api|trpc|oauth|\.well-known)(\/|%2f|$)/i.test(path)
}

const missing: RequestHandler = () => {
  throw new AppError('not_found', 'No such file.')
}

const unbuilt: RequestHandler = () => {
  throw new AppError('not_found', 'The portal is not built. Run: npm run build')
}
