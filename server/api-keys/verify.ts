import { timingSafeEqual } from 'node:crypto'
import { CompiledQuery } from 'kysely'
import { lockedIn, PERSON_COLUMNS, type PersonRow, toPerson } from '../accounts/people.ts'
import type { Caller, OrganizationCaller, Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { commonScopes, scopesOfRole } from '../organizations/scopes.ts'
import type { ParsedKey } from './key-format.ts'
import { rotationOf } from './rotation.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

interface KeyRow extends PersonRow {
  prefix: 'rt' | 'rbtk'
  secret_hash: string
  organization_id: string | null
  owner_id: string | null
  project_id: string | null
  device_id: string | null
  default_project_id: string | null
  scopes: string
  rate_limit: number | null
  created_at: string
  revoked_at: string | null
  expires_at: string | null
  rotated_to: string | null
}

/** The old key of a rotation, presented with the right secret when its time was over. */
export interface LateUse {
  id: string
  organization_id: string | null
  rotated_to: string
  from: Origin
}

/**
 * Spelled out once: this runs for every request of every rig, and a built query would cost more than the read.
 * One row; for an rbtk_ key one for each membership of its owner.
 */
const FIND_KEY = `
  SELECT k.prefix, k.secret_hash, k.organization_id, k.account_id AS owner_id, k.project_id, k.device_id, k.scopes,
    k.created_at, k.revoked_at, k.expires_at, k.rotated_to, o.rate_limit, p.id AS default_project_id,
    ${PERSON_COLUMNS}
  FROM api_keys k
  LEFT JOIN organizations o ON o.id = k.organization_id
  LEFT JOIN projects p ON p.organization_id = k.organization_id AND p.slug = 'default'
  LEFT JOIN accounts a ON a.id = k.account_id
  LEFT JOIN members m ON m.account_id = k.account_id
    AND m.organization_id = COALESCE(k.organization_id, m.organization_id)
  LEFT JOIN organizations r ON r.id = m.organization_id
  WHERE k.id = ?`

/** Compared when the id is unknown, so that an unknown id takes as long as a wrong secret. */
const NO_SUCH_HASH = '0'.repeat(64)

/**
 * Whose key this is and what it may do now: one read, no write.
 *
 * @param late hears of the right secret of a key whose place another one has taken; it answers nothing
 * @returns undefined when the key is unknown, wrong, revoked or expired, or its owner may nothing any more; callers
 *   cannot tell which
 */
export async function verifyApiKey(
  ctx: Ctx,
  key: ParsedKey,
  from: Origin,
  late?: (use: LateUse) => void,
): Promise<Caller | undefined> {
  const rows = await readKey(ctx, key.id)
  const stored = Buffer.from(rows[0]?.secret_hash ?? NO_SUCH_HASH)
  const matches = timingSafeEqual(stored, Buffer.from(key.hash))
  if (!matches) return undefined
  const caller = toCaller(ctx, key.id, rows, from)
  const [row] = rows
  if (!caller && row && row.rotated_to !== null) {
    late?.({ id: key.id, organization_id: row.organization_id, rotated_to: row.rotated_to, from })
  }
  return caller
}

/** The caller a key would be if it were presented now: for what was signed on its behalf earlier. */
export async function callerOfKey(ctx: Ctx, id: string, from: Origin): Promise<Caller | undefined> {
  return toCaller(ctx, id, await readKey(ctx, id), from)
}

async function readKey(ctx: Ctx, id: string): Promise<KeyRow[]> {
  const { rows } = await ctx.db.executeQuery<KeyRow>(CompiledQuery.raw(FIND_KEY, [id]))
  return rows
}

function toCaller(ctx: Ctx, id: string, rows: KeyRow[], from: Origin): Caller | undefined {
  const [row] = rows
  if (!row || row.revoked_at !== null) return undefined
  if (row.expires_at !== null && row.expires_at <= ctx.now().toISOString()) return undefined
  const credential = { kind: 'api_key' as const, id, rotation: rotationOf(row, ctx.now()) }
  if (row.organization_id === null) return toPerson(rows, { credential, from, scopes: row.scopes })
  const scopes = row.owner_id === null ? row.scopes : personalScopes(row, lockedIn(rows))
  if (scopes === undefined) return undefined
  const caller: OrganizationCaller = {
    kind: 'organization',
    credential,
    organization_id: row.organization_id,
    project_id: row.project_id ?? row.default_project_id ?? '',
    pinned_project_id: row.project_id,
    pinned_device_id: row.device_id,
    account_id: row.owner_id,
    scopes,
    rate_limit: row.rate_limit,
    ip: from.ip,
    user_agent: from.user_agent,
    request_id: from.request_id,
  }
  return caller
}

/**
 * A personal key never may more than its owner's role allows now; it ends when the owner leaves or is disabled. While
 * the owner lacks the second factor that the organization requires it goes on working, because a robot may hang on
 * it, but manages nothing.
 */
function personalScopes(row: KeyRow, locked: ReadonlySet<string>): string | undefined {
  if (row.disabled_at !== null) return undefined
  const role = row.staff_since === null ? row.role : 'owner'
  if (role === null) return undefined
  const allowed = commonScopes(row.scopes, scopesOfRole(role))
  return locked.has(row.organization_id ?? '') ? commonScopes(allowed, scopesOfRole('member')) : allowed
}
