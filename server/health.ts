import { Router } from 'express'
import { sql } from 'kysely'
import type { AppContext } from './context.ts'
import { answerTicket } from './doctor/ticket.ts'
import { AppError } from './errors.ts'
import { sendJson } from './http/send-json.ts'

type Ctx = Pick<AppContext, 'db' | 'blobs' | 'signing' | 'now' | 'config'>

/** So long what was found is good for everybody else who asks. */
const GOOD_FOR_MS = 1_000

/**
 * `/healthz`: the process answers, and tells `robotrace doctor` what it saw of its request. `/readyz`: the database
 * takes writes and the disk has room, as of `checked_at`. Anybody may ask, and looking takes the database's write lock:
 * so it is looked once a second at most, and whoever asks meanwhile gets what was found.
 */
export function health(ctx: Ctx): Router {
  const router = Router()
  const look = onceEach(GOOD_FOR_MS, ctx, () => probe(ctx))
  router.get('/healthz', (request, response) =>
    sendJson(response, 200, { status: 'ok', ...answerTicket(ctx, request) }),
  )
  router.get('/readyz', async (_request, response) => {
    sendJson(response, 200, { status: 'ready', checked_at: await look() })
  })
  return router
}

/** @returns when it was looked. @throws AppError unavailable, storage_full */
async function probe(ctx: Ctx): Promise<string> {
  const checked_at = ctx.now().toISOString()
  // Changes no row, but takes the write lock and a commit: a read-only or full database fails here.
  await sql`UPDATE schema_versions SET written_by = written_by WHERE version < 0`
    .execute(ctx.db)
    .catch((cause: unknown) => {
      throw new AppError('unavailable', 'The database does not take writes.', {}, { cause })
    })
  if ((await ctx.blobs.room()) <= 0) throw new AppError('storage_full')
  return checked_at
}

/** What is under way, or ended less than so long ago, is the answer for all who ask; whether it failed or not. */
function onceEach<Found>(
  ms: number,
  { now }: Pick<AppContext, 'now'>,
  find: () => Promise<Found>,
): () => Promise<Found> {
  let last: Promise<Found> | undefined
  let ended_at: number | undefined
  return () => {
    // Less than nothing: the clock was set back, and what was found could look young for hours.
    const age_ms = ended_at === undefined ? 0 : now().getTime() - ended_at
    if (last !== undefined && age_ms >= 0 && age_ms < ms) return last
    ended_at = undefined
    last = find().finally(() => {
      ended_at = now().getTime()
    })
    return last
  }
}
