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
  router.use((request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new AppError('method_not_allowed')
    if (request.path === '/') return response.redirect(302, '/portal/episodes')
    return files(request, response, next)
  })
  router.use(missing)
  return router
}

const missing: RequestHandler = () => {
  throw new AppError('not_found', 'No such file.')
}

const unbuilt: RequestHandler = () => {
  throw new AppError('not_found', 'The portal is not built. Run: npm run build')
}
