import type { SessionTags } from '../../sdk/wire.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { heard } from '../episodes/lease.ts'
import { AppError } from '../errors.ts'

const MOST_TAGS = 50

/**
 * Gives a session a tag; one that it has already stays.
 *
 * @param id of an episode that the caller may change: checked already
 * @throws AppError conflict when it has as many as one may have
 */
export async function addTag(
  ctx: Pick<AppContext, 'db' | 'now'>,
  id: string,
  tag: string,
): Promise<SessionTags> {
  const added_at = ctx.now().toISOString()
  return ctx.db.transaction().execute(async (trx) => {
    const before = (await tagsOf(trx, [id])).get(id) ?? []
    if (before.includes(tag)) return { id, tags: before }
    if (before.length >= MOST_TAGS) {
      throw new AppError('conflict', `A session has at most ${MOST_TAGS} tags. Remove one first.`)
    }
    await trx.insertInto('episode_tags').values({ episode_id: id, tag, added_at }).execute()
    // Whoever tags it may be a person at a desk: that keeps a recording open, and begins none again.
    await heard(trx, id, added_at, { resumes: false })
    return { id, tags: (await tagsOf(trx, [id])).get(id) ?? [] }
  })
}

/** Takes a tag from a session that the caller may change; one that it does not have is no error. */
export async function removeTag(ctx: Pick<AppContext, 'db'>, id: string, tag: string): Promise<SessionTags> {
  await ctx.db.deleteFrom('episode_tags').where('episode_id', '=', id).where('tag', '=', tag).execute()
  return { id, tags: (await tagsOf(ctx.db, [id])).get(id) ?? [] }
}

/** The tags of several episodes, by name; who has none is not in there. */
export async function tagsOf(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
  const tags = new Map<string, string[]>()
  if (ids.length === 0) return tags
  const rows = await db
    .selectFrom('episode_tags')
    .select(['episode_id', 'tag'])
    .where('episode_id', 'in', ids)
    .orderBy('tag')
    .execute()
  for (const { episode_id, tag } of rows) {
    const known = tags.get(episode_id)
    if (known) known.push(tag)
    else tags.set(episode_id, [tag])
  }
  return tags
}
