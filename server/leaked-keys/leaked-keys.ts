import { createHash, timingSafeEqual } from 'node:crypto'
import { type KeyPrefix, keyPrefix, parseKey } from '../api-keys/key-format.ts'
import { recordEvent } from '../audit/audit.ts'
import type { Origin } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { notify } from '../notices/notices.ts'

/** One finding of a scanner. */
export interface Leak {
  token: string
  type: string
  /** Where it stands in public. */
  url?: string | undefined
  /** In what: content, commit, pull_request_comment … */
  source?: string | undefined
}

/** What the scanner learns, to get better at it; the token is named by its hash, so that it is not sent once more. */
export interface LeakLabel {
  /** SHA-256 of the token, hexadecimal. */
  token_hash: string
  token_type: string
  label: 'true_positive' | 'false_positive'
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/**
 * Ends the keys of an alert, or tells their owners, as their organizations want it; personal rbtk_ keys always end,
 * because no one organization speaks for them. The same alert again changes nothing.
 *
 * Whether the alert is the scanner's own has to be known by then.
 */
export async function handleLeaks(ctx: Ctx, leaks: readonly Leak[], from: Origin): Promise<LeakLabel[]> {
  const labels: LeakLabel[] = []
  const told = new Map<string, number>()
  for (const leak of leaks) {
    const key = await findLeaked(ctx, leak.token)
    const times = key ? (told.get(key.id) ?? 0) : 0
    // Anybody can publish a key of their own at a thousand addresses; the first few tell what there is to know.
    if (key && times < TOLD_PER_KEY) {
      told.set(key.id, times + 1)
      await handleLeak(ctx, key, { leak, from })
    }
    labels.push({
      token_hash: createHash('sha256').update(leak.token).digest('hex'),
      token_type: leak.type,
      label: key ? 'true_positive' : 'false_positive',
    })
  }
  return labels
}

/** How many findings of one key an alert may write down. */
const TOLD_PER_KEY = 5

interface LeakedKey {
  id: string
  prefix: KeyPrefix
  label: string
  secret_hash: string
  organization_id: string | null
  account_id: string | null
  created_by: string
  leaked_keys: 'revoke' | 'notify' | null
}

async function findLeaked(ctx: Ctx, token: string): Promise<LeakedKey | undefined> {
  const parsed = parseKey(token)
  if (!parsed) return undefined
  const key = await ctx.db
    .selectFrom('api_keys as k')
    .leftJoin('organizations as o', 'o.id', 'k.organization_id')
    .select(['k.id', 'k.prefix', 'k.label', 'k.secret_hash', 'k.organization_id', 'k.account_id'])
    .select(['k.created_by', 'o.leaked_keys'])
    .where('k.id', '=', parsed.id)
    .executeTakeFirst()
  return key && timingSafeEqual(Buffer.from(key.secret_hash), Buffer.from(parsed.hash)) ? key : undefined
}

const MAX_TEXT = 500

async function handleLeak(
  ctx: Ctx,
  key: LeakedKey,
  { leak, from }: { leak: Leak; from: Origin },
): Promise<void> {
  const at = ctx.now().toISOString()
  const url = leak.url?.slice(0, MAX_TEXT) ?? ''
  const source = leak.source?.slice(0, MAX_TEXT) ?? ''
  await ctx.db.transaction().execute(async (trx) => {
    const policy = key.leaked_keys ?? 'revoke'
    const ended = policy === 'revoke' && (await end(trx, key.id, at))
    if (!ended && (await isKnown(trx, key.id, { url, source }))) return
    const outcome = policy === 'revoke' ? 'revoked' : 'notified'
    await recordEvent(trx, at, {
      action: 'api_key.leaked',
      actor: { kind: 'anonymous', id: null, ...from },
      organization_id: key.organization_id,
      target: key.id,
      detail: { url, source, outcome },
    })
    const prefix = keyPrefix(key.id, key.prefix)
    await notify(trx, at, {
      account_id: key.account_id ?? key.created_by,
      kind: 'api_key_leaked',
      detail: { api_key_id: key.id, label: key.label, prefix, url, outcome },
    })
  })
}

/** @returns whether it was alive until now */
async function end(trx: Database, id: string, at: string): Promise<boolean> {
  const row = await trx
    .updateTable('api_keys')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Whether this key was reported at this address before. */
async function isKnown(trx: Database, id: string, place: { url: string; source: string }): Promise<boolean> {
  const told = ['revoked', 'notified'].map((outcome) => JSON.stringify({ ...place, outcome }))
  const event = await trx
    .selectFrom('audit_events')
    .select('seq')
    .where('target', '=', id)
    .where('action', '=', 'api_key.leaked')
    .where('detail', 'in', told)
    .executeTakeFirst()
  return event !== undefined
}
