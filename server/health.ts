import { Router } from 'express'
import { sql } from 'kysely'
import type { AppContext } from './context.ts'
import { answerTicket } from './doctor/ticket.ts'
import { AppError } from './errors.ts'
import { sendJson } from './http/send-json.ts'

/**
 * `/healthz`: the process answers, and tells `robotrace doctor` what it saw of its request. `/readyz`: the database
 * takes writes and the disk has room.
 */
export function health(ctx: Pick<AppContext, 'db' | 'blobs' | 'signing' | 'now' | 'config'>): Router {
  const router = Router()
  router.get('/healthz', (request, response) =>
    sendJson(response, 200, { status: 'ok', ...answerTicket(ctx, request) }),
  )
  router.get('/readyz', async (_request, response) => {
    // Changes no row, but takes the write lock and a commit: a read-only or full database fails here.
    await sql`UPDATE schema_versions SET written_by = written_by WHERE version < 0`
      .execute(ctx.db)
      .catch((cause: unknown) => {
        throw new AppError('unavailable', 'The database does not take writes.', {}, { cause })
      })
    if ((await ctx.blobs.room()) <= 0) throw new AppError('storage_full')
    sendJson(response, 200, { status: 'ready' })
  })
  return router
}
