import type { z } from 'zod'
import type { AppContext } from '../context.ts'
import { lower } from '../db/lower.ts'
import type { AuditEventsTable } from '../db/schema.gen.ts'
import { findNames, type Names } from './names.ts'
import type { trailFilter, trailPageInput } from './schema.ts'

export type TrailFilter = z.output<typeof trailFilter>

/** Which part of the trail: one organization's, or all of it. Checked against the caller before. */
export interface Part {
  organization_id: string | undefined
}

/** Something with its name, as far as it still has one. */
interface Named {
  id: string
  name: string | null
}

/** One event as people read it; the export has the row itself. */
export interface TrailEvent {
  seq: number
  id: string
  at: string
  action: string
  outcome: 'success' | 'failure'
  actor: { kind: AuditEventsTable['actor_kind']; id: string | null; name: string | null }
  /** The key, token or session it was done with. */
  credential_id: string | null
  organization: Named | null
  target: Named
  ip: string
  user_agent: string
  request_id: string | null
  detail: Record<string, unknown>
  hash: string
}

export interface TrailPage {
  items: TrailEvent[]
  next_cursor: string | null
}

/**
 * A page of the audit trail, latest first, with the names that its ids have today.
 *
 * @example await listTrail(ctx, { organization_id }, { action: 'api_key', limit: 50 })
 */
export async function listTrail(
  ctx: Pick<AppContext, 'db'>,
  part: Part,
  wanted: z.output<typeof trailPageInput>,
): Promise<TrailPage> {
  let query = trailRows(ctx, part, wanted).orderBy('seq', 'desc')
  if (wanted.cursor !== undefined) query = query.where('seq', '<', Number(wanted.cursor))
  // One more than asked tells whether there is a next page.
  const rows = await query.limit(wanted.limit + 1).execute()
  const items = rows.slice(0, wanted.limit)
  const names = await findNames(ctx, items.flatMap(idsOf))
  const last = rows.length > wanted.limit ? items.at(-1) : undefined
  return {
    items: items.map((row) => toEvent(row, names)),
    next_cursor: last ? String(last.seq) : null,
  }
}

/** The rows of a part that fit a filter, as they are kept. */
export function trailRows(ctx: Pick<AppContext, 'db'>, part: Part, filter: TrailFilter) {
  const { actor, action, target, outcome, since, until } = filter
  let query = ctx.db.selectFrom('audit_events').selectAll()
  if (part.organization_id !== undefined) query = query.where('organization_id', '=', part.organization_id)
  if (actor !== undefined) {
    const byEmail = ctx.db
      .selectFrom('accounts')
      .select('id')
      .where(({ eb, fn }) => eb(fn<string>('lower', ['email']), '=', lower(actor)))
    query = query.where(({ eb, or }) => or([eb('actor_id', '=', actor), eb('actor_id', 'in', byEmail)]))
  }
  if (action !== undefined) {
    // In the order of characters everything that begins with `api_key.` lies between it and `api_key/`.
    query = query.where(({ eb, or, and }) =>
      or([
        eb('action', '=', action),
        and([eb('action', '>=', `${action}.`), eb('action', '<', `${action}/`)]),
      ]),
    )
  }
  if (target !== undefined) query = query.where('target', '=', target)
  if (outcome !== undefined) query = query.where('outcome', '=', outcome)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  return query
}

function idsOf(row: AuditEventsTable): (string | null)[] {
  return [row.actor_id, row.target, row.organization_id]
}

function toEvent(row: AuditEventsTable, names: Names): TrailEvent {
  const { seq, id, at, action, outcome, credential_id, ip, user_agent, request_id, hash } = row
  const name = (of: string | null): string | null => (of === null ? null : (names.get(of) ?? null))
  return {
    seq,
    id,
    at,
    action,
    outcome,
    actor: { kind: row.actor_kind, id: row.actor_id, name: name(row.actor_id) },
    credential_id,
    organization:
      row.organization_id === null ? null : { id: row.organization_id, name: name(row.organization_id) },
    target: { id: row.target, name: name(row.target) },
    ip,
    user_agent,
    request_id,
    detail: readDetail(row.detail),
    hash,
  }
}

/** A row whose detail somebody has tampered with is shown without it; `robotrace admin audit verify` names the row. */
function readDetail(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
  } catch {
    return {}
  }
}
