import { type RequestHandler, Router } from 'express'
import { AppError } from '../errors.ts'
import { projectText } from '../project.ts'
import { staticFiles } from './static-files.ts'

/**
 * The built portal: hashed assets for ever, everything else asked again. A page address falls back to the
 * application; `/api` and `/trpc` never come this far.
 */
export function portal(): Router {
  const router = Router()
  const files = staticFiles('dist/portal', { single: true })
  if (!files) {
    router.use(unbuilt)
    return router
  }
  // What `type` in a refusal leads to.
  router.get('/docs/problems', (_request, response) => {
    response.type('text/plain; charset=utf-8').send(projectText('docs/problems.md'))
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
