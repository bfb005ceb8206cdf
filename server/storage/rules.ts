import { actorOf, recordEvent } from '../audit/audit.ts'
import { breathe } from '../breathe.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import type { RetentionRulesTable } from '../db/schema.gen.ts'
import { type Named, nameExpired, type Reached } from '../episodes/expired.ts'
import { AppError } from '../errors.ts'
import { requireRole } from '../organizations/permissions.ts'
import { projectIds } from '../organizations/project-ids.ts'

const DAY_MS = 86_400_000
const MOST_RULES = 50

/** So many steps one request takes: some tens of thousands of rows, with others served in between. */
const STEPS_A_REQUEST = 20
const SHOWN = 5

/** Which episodes go to the trash. */
export interface RuleText {
  /** `prj_…` or its slug; null: all projects. */
  project: string | null
  /** Null: whatever became of it, other than recording. */
  status: RetentionRulesTable['status']
  source: RetentionRulesTable['source']
  /** Episodes with this tag stay. */
  keep_tag: string | null
  /** Since the episode began. */
  days: number
}

export interface Rule extends RuleText {
  id: string
  created_by: string
  created_at: string
  last_run_at: string | null
}

/** What a rule would move to the trash now, as far as was looked. */
export interface Preview {
  episodes: number
  bytes: number
  /** How many stay because of their tag. */
  kept: number
  /** ISO 8601: when the first and the last of them began. */
  oldest: string | null
  newest: string | null
  /** Some of them, by name. */
  first: { id: string; name: string | null; created_at: string }[]
  /** Where to go on looking; null: that was all. */
  next: Reached | null
}

/** @throws AppError not_found */
export async function listRules(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  organization_id: string,
): Promise<Rule[]> {
  requireRole(caller, organization_id, 'viewer')
  return ctx.db
    .selectFrom('retention_rules as r')
    .innerJoin('accounts as a', 'a.id', 'r.created_by')
    .leftJoin('projects as p', 'p.id', 'r.project_id')
    .select(['r.id', 'p.slug as project', 'r.status', 'r.source', 'r.keep_tag', 'r.days'])
    .select(['a.name as created_by', 'r.created_at', 'r.last_run_at'])
    .where('r.organization_id', '=', organization_id)
    .where('r.removed_at', 'is', null)
    .orderBy('r.created_at')
    .orderBy('r.id')
    .execute()
}

/**
 * What a rule would move to the trash, without making it. One call looks at a bounded number of episodes and says where
 * to go on, so that no preview holds up anybody, however many episodes there are.
 *
 * @throws AppError not_found, forbidden for everybody but admins
 */
export async function previewRule(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  { organization_id, from, ...rule }: RuleText & { organization_id: string; from: Reached | null },
): Promise<Preview> {
  requireRole(caller, organization_id, 'admin')
  const wanted = await namedBy(ctx, organization_id, rule)
  const seen: Preview = { episodes: 0, bytes: 0, kept: 0, oldest: null, newest: null, first: [], next: from }
  for (let step = 0; step < STEPS_A_REQUEST; step++) {
    const { named, kept, next } = await nameExpired(ctx.db, wanted, seen.next)
    seen.kept += kept
    seen.next = next
    for (const { id, name, bytes_total, created_at } of named) {
      seen.episodes++
      seen.bytes += bytes_total
      if (seen.oldest === null || created_at < seen.oldest) seen.oldest = created_at
      if (seen.newest === null || created_at > seen.newest) seen.newest = created_at
      if (seen.first.length < SHOWN) seen.first.push({ id, name, created_at })
    }
    if (next === null) break
    await breathe()
  }
  return seen
}

/** The rule as it is today, for the episodes of an organization. */
export async function namedBy(
  ctx: Pick<AppContext, 'db' | 'now'>,
  organization_id: string,
  { project, status, source, keep_tag, days }: RuleText,
): Promise<Named> {
  const before = new Date(ctx.now().getTime() - days * DAY_MS).toISOString()
  const project_ids = await projectIds(ctx, organization_id, { named: project, pinned: null })
  return { project_ids, status, source, keep_tag, before }
}

/**
 * Makes a rule. It begins to work with the next daily run, and what it names goes to the trash, from where it can be
 * restored for as long as anything else.
 *
 * @throws AppError not_found, forbidden for everybody but admins, conflict when there are many already
 */
export async function createRule(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  { organization_id, project, ...rule }: RuleText & { organization_id: string },
): Promise<{ id: string }> {
  requireRole(caller, organization_id, 'admin')
  const [project_id = null] =
    project === null ? [] : await projectIds(ctx, organization_id, { named: project, pinned: null })
  const id = newId('rul')
  const created_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const { n } = await trx
      .selectFrom('retention_rules')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('organization_id', '=', organization_id)
      .where('removed_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (n >= MOST_RULES)
      throw new AppError(
        'conflict',
        `An organization has at most ${MOST_RULES} retention rules. Remove one first.`,
      )
    await trx
      .insertInto('retention_rules')
      .values({ id, organization_id, project_id, ...rule, created_by: caller.account_id, created_at })
      .execute()
    await tellOf(trx, created_at, caller, { id, organization_id }, 'retention_rule.created', {
      project,
      ...rule,
    })
  })
  return { id }
}

/** Ends a rule; what it has moved to the trash stays there. @throws AppError not_found, forbidden */
export async function removeRule(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  { organization_id, id }: { organization_id: string; id: string },
): Promise<{ id: string }> {
  requireRole(caller, organization_id, 'admin')
  const removed_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const removed = await trx
      .updateTable('retention_rules')
      .set({ removed_at })
      .where('id', '=', id)
      .where('organization_id', '=', organization_id)
      .where('removed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!removed) throw new AppError('not_found', 'No such retention rule.')
    await tellOf(trx, removed_at, caller, { id, organization_id }, 'retention_rule.removed', {})
  })
  return { id }
}

async function tellOf(
  trx: Database,
  at: string,
  caller: PersonCaller,
  { id, organization_id }: { id: string; organization_id: string },
  action: string,
  detail: Record<string, string | number | null>,
): Promise<void> {
  await recordEvent(trx, at, { action, actor: actorOf(caller), organization_id, target: id, detail })
}
