import { CompiledQuery } from 'kysely'
import type { AddedLogs, LogEntry, LogLine, LogPage } from '../../sdk/wire.ts'
import type { AppContext } from '../context.ts'
import { lower } from '../db/lower.ts'
import type { Database } from '../db/open.ts'
import { heard } from '../episodes/lease.ts'
import { AppError } from '../errors.ts'

const MOST_LINES = 100_000

/** So many lines one request looks through for what it searches. */
const LOOKED_AT = 10_000

/**
 * Appends lines to the log of a session: all of them, or none. They say that its robot is there: one that was
 * interrupted records again.
 *
 * @param id of an episode that the caller may change: checked already
 * @throws AppError conflict when the session would hold too many
 */
export async function addLogs(
  ctx: Pick<AppContext, 'db' | 'now'>,
  id: string,
  entries: readonly LogEntry[],
): Promise<AddedLogs> {
  return ctx.db.transaction().execute(async (trx) => {
    const before = await countLogs(trx, id)
    const log_count = before + entries.length
    if (log_count > MOST_LINES) {
      throw new AppError(
        'conflict',
        `A session holds at most ${MOST_LINES} log lines; this one has ${before}. Send fewer, or log less.`,
      )
    }
    const rows = entries.map(({ at, level, module, message }, nth) => ({
      ...{ episode_id: id, seq: before + nth + 1, at, level, module, message },
    }))
    await trx.insertInto('episode_logs').values(rows).execute()
    await heard(trx, id, ctx.now().toISOString(), { resumes: true })
    return { accepted: entries.length, log_count }
  })
}

/** Lines are numbered without gaps, so the last one is how many there are. */
export async function countLogs(db: Database, id: string): Promise<number> {
  const last = await db
    .selectFrom('episode_logs')
    .select('seq')
    .where('episode_id', '=', id)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.seq ?? 0
}

export interface LogFilters {
  level?: string | undefined
  module?: string | undefined
  search?: string | undefined
  since?: string | undefined
  until?: string | undefined
}

/**
 * A page of a session's log, in the order in which its lines were sent. What is rare is looked for in steps: a page may
 * have fewer lines than asked for, even none, while its cursor goes on.
 *
 * @param id of an episode that the caller may read: checked already
 */
export async function readLogs(
  ctx: Pick<AppContext, 'db'>,
  id: string,
  wanted: LogFilters & { limit: number; cursor?: number | undefined },
): Promise<LogPage> {
  const { terms, params } = termsOf(wanted)
  const from = wanted.cursor ?? 0
  const sql = `SELECT seq, at, level, module, message FROM (
      SELECT seq, at, level, module, message FROM episode_logs WHERE episode_id = ? AND seq > ? ORDER BY seq LIMIT ?
    ) AS looked${terms.length > 0 ? ` WHERE ${terms.join(' AND ')}` : ''} LIMIT ?`
  const { rows } = await ctx.db.executeQuery<LogLine>(
    CompiledQuery.raw(sql, [id, from, LOOKED_AT, ...params, wanted.limit]),
  )
  const last = rows.at(-1)
  const to = last && rows.length === wanted.limit ? last.seq : from + LOOKED_AT
  return { items: rows, next_cursor: to < (await countLogs(ctx.db, id)) ? String(to) : null }
}

function termsOf({ level, module, search, since, until }: LogFilters): { terms: string[]; params: string[] } {
  const terms: string[] = []
  const params: string[] = []
  const add = (term: string, value: string | undefined): void => {
    if (!value) return
    terms.push(term)
    params.push(value)
  }
  add('level = ?', level)
  add('module = ?', module)
  add('at >= ?', since)
  add('at < ?', until)
  // `%` and `_` mean themselves.
  add("lower(message) LIKE ? ESCAPE '\\'", search && `%${lower(search).replace(/[\\%_]/g, '\\$&')}%`)
  return { terms, params }
}
