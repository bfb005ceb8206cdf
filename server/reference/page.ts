import { Router } from 'express'
import { staticFiles } from '../http/static-files.ts'

/**
 * What the page may do. Scripts, fonts and requests are this server's alone, as everywhere; its renderer makes style
 * sheets while it runs, which needs 'unsafe-inline' for styles, here and on no other page. Nothing is evaluated.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * The API reference for people, at `/docs/api`: a built renderer (dist/reference) that reads `/api/openapi.json`.
 * Without a build there is no page, and the address is answered like any other of the portal.
 */
export function referencePage(): Router {
  const router = Router()
  const files = staticFiles('dist/reference', { single: false })
  if (!files) return router
  router.use('/docs/api', (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next()
    // Relative addresses of the page need it to be a folder, or not to be one, always the same.
    if (request.originalUrl.split('?')[0] === '/docs/api/') return response.redirect(301, '/docs/api')
    response.setHeader('Content-Security-Policy', POLICY)
    return files(request, response, next)
  })
  return router
}
