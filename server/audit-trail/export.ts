import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Response } from 'express'
import { actorOf, HASHED_COLUMNS, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { AuditEventsTable } from '../db/schema.gen.ts'
import { csvLine } from './csv.ts'
import { type Part, type TrailFilter, trailRows } from './trail.ts'

type Row = AuditEventsTable

/** In the order in which they are hashed: an export is checked by reading it as it stands. */
const COLUMNS = [...HASHED_COLUMNS, 'hash'] as const

/** One row a line, its members as they are kept; `detail` is the text that was hashed, not an object. */
const FORMATS = {
  ndjson: { type: 'application/x-ndjson; charset=utf-8', head: '', line: ndjsonLine },
  csv: {
    type: 'text/csv; charset=utf-8',
    head: csvLine(COLUMNS),
    line: (row: Row) => csvLine(COLUMNS.map((name) => row[name])),
  },
}

export interface Export {
  part: Part
  filter: TrailFilter
  format: keyof typeof FORMATS
  /** Of the file, before the date. */
  name: string
}

/**
 * Sends a part of the trail, oldest first, while it is read. That it was taken away is an event of its own, written
 * before the first line and part of the export.
 */
export async function exportTrail(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: Caller,
  { part, filter, format, name }: Export,
  response: Response,
): Promise<void> {
  const { type, head, line } = FORMATS[format]
  const at = ctx.now().toISOString()
  await ctx.db.transaction().execute((trx) =>
    recordEvent(trx, at, {
      action: 'audit.exported',
      actor: actorOf(caller),
      organization_id: part.organization_id ?? null,
      target: part.organization_id ?? 'all',
      detail: { format, ...given(filter) },
    }),
  )
  response.statusCode = 200
  response.setHeader('Content-Type', type)
  response.setHeader('Cache-Control', 'no-store')
  response.attachment(`${name} ${at.slice(0, 10)}.${format}`)
  // Express would guess a type from the name.
  response.setHeader('Content-Type', type)
  const lines = Readable.from(textOf(ctx, part, filter, { head, line }))
  // Somebody who stops in the middle is no error.
  await pipeline(lines, response).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
      throw error
  })
}

/** So many rows are read and written at a time: memory stays flat, and other requests get their turn. */
const ROWS_AT_ONCE = 500

async function* textOf(
  ctx: Pick<AppContext, 'db'>,
  part: Part,
  filter: TrailFilter,
  { head, line }: { head: string; line: (row: Row) => string },
): AsyncGenerator<string> {
  if (head) yield head
  const end = await lastSeq(ctx)
  for (let after = 0; ; ) {
    const rows = await trailRows(ctx, part, filter)
      .where('seq', '>', after)
      .where('seq', '<=', end)
      .orderBy('seq')
      .limit(ROWS_AT_ONCE)
      .execute()
    if (rows.length > 0) yield rows.map(line).join('')
    const last = rows.at(-1)
    if (!last || rows.length < ROWS_AT_ONCE) return
    after = last.seq
  }
}

/** An export ends where the trail ended when it began, or a busy server would never come to the end. */
async function lastSeq(ctx: Pick<AppContext, 'db'>): Promise<number> {
  const last = await ctx.db
    .selectFrom('audit_events')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.seq ?? 0
}

/** Controls that JSON leaves as they are would still steer the terminal that a file is printed on. */
function ndjsonLine(row: Row): string {
  const members = Object.fromEntries(COLUMNS.map((name) => [name, row[name]]))
  const text = JSON.stringify(members).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${text}\n`
}

function given(filter: TrailFilter): Record<string, string> {
  const { actor, action, target, outcome, since, until } = filter
  const named = Object.entries({ actor, action, target, outcome, since, until })
  return Object.fromEntries(named.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
