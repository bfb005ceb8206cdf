import { recordEvent, SYSTEM } from '../audit/audit.ts'
import { breathe } from '../breathe.ts'
import type { AppContext } from '../context.ts'
import { nameExpired, type Reached } from '../episodes/expired.ts'
import { toTrash } from '../episodes/trash.ts'
import { namedBy, type RuleText } from './rules.ts'

const DAY_MS = 86_400_000

/** So many one transaction moves: everybody else waits for it. */
const AT_ONCE = 200

type Ctx = Pick<AppContext, 'db' | 'now' | 'background' | 'log'>

/** Runs each rule once a day. One that was broken off begins anew: what it has moved already is not moved again. */
export async function runRules(ctx: Ctx): Promise<void> {
  const dayAgo = new Date(ctx.now().getTime() - DAY_MS).toISOString()
  const due = await ctx.db
    .selectFrom('retention_rules')
    .selectAll()
    .where('removed_at', 'is', null)
    .where(({ or, eb }) => or([eb('last_run_at', 'is', null), eb('last_run_at', '<=', dayAgo)]))
    .orderBy('created_at')
    .execute()
  for (const { project_id: project, ...rule } of due) {
    if (ctx.background.ending) return
    await runRule(ctx, { ...rule, project })
  }
}

async function runRule(ctx: Ctx, rule: RuleText & { id: string; organization_id: string }): Promise<void> {
  const wanted = await namedBy(ctx, rule.organization_id, rule)
  let from: Reached | null = null
  do {
    const { named, next } = await nameExpired(ctx.db, wanted, from)
    for (let at = 0; at < named.length; at += AT_ONCE) {
      if (!(await moveSome(ctx, rule, named.slice(at, at + AT_ONCE))) || ctx.background.ending) return
    }
    from = next
    await breathe()
  } while (from !== null)
  const last_run_at = ctx.now().toISOString()
  await ctx.db.updateTable('retention_rules').set({ last_run_at }).where('id', '=', rule.id).execute()
}

/**
 * What was named a moment ago may have got the tag, another status, or have been archived since: that is asked once more.
 *
 * @returns whether the rule still stands
 */
async function moveSome(
  ctx: Ctx,
  { id, organization_id, keep_tag, status }: RuleText & { id: string; organization_id: string },
  named: readonly { id: string }[],
): Promise<boolean> {
  const at = ctx.now().toISOString()
  const ids = named.map((one) => one.id)
  return ctx.db.transaction().execute(async (trx) => {
    const stands = await trx
      .selectFrom('retention_rules')
      .select('id')
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (!stands) return false
    const moved = await toTrash(trx, at, ids, { by: null, unless: { tag: keep_tag, status } })
    if (moved.length === 0) return true
    const bytes = moved.reduce((sum, { bytes_total }) => sum + bytes_total, 0)
    await recordEvent(trx, at, {
      action: 'retention_rule.ran',
      actor: SYSTEM,
      organization_id,
      target: id,
      detail: { episodes: moved.length, bytes },
    })
    return true
  })
}
