import { z } from 'zod'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import type { NoticesTable } from '../db/schema.gen.ts'

/** Something an account has to be told about its own credentials, until it says that it has seen it. */
export interface Notice {
  id: string
  kind: NoticesTable['kind']
  /** What the sentence on the page is made of: hostname, ip, api_key_id, organization name … */
  detail: Record<string, string>
  created_at: string
}

/** Tells an account something, inside the transaction of what happened. */
export async function notify(
  trx: Database,
  at: string,
  notice: { account_id: string; kind: Notice['kind']; detail: Record<string, string | null> },
): Promise<void> {
  const detail = Object.fromEntries(Object.entries(notice.detail).filter(([, value]) => value !== null))
  await trx
    .insertInto('notices')
    .values({ ...notice, id: newId('nt'), detail: JSON.stringify(detail), created_at: at })
    .execute()
}

/** What one has not dismissed yet, newest first, 20 at most. */
export async function listNotices(ctx: Pick<AppContext, 'db'>, caller: PersonCaller): Promise<Notice[]> {
  const rows = await ctx.db
    .selectFrom('notices')
    .select(['id', 'kind', 'detail', 'created_at'])
    .where('account_id', '=', caller.account_id)
    .where('read_at', 'is', null)
    .orderBy('created_at', 'desc')
    .limit(20)
    .execute()
  return rows.map((row) => ({ ...row, detail: noticeDetail.parse(JSON.parse(row.detail)) }))
}

/** Dismissing what is not there, or somebody else's, changes nothing. */
export async function dismissNotice(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  id: string,
): Promise<void> {
  await ctx.db
    .updateTable('notices')
    .set({ read_at: ctx.now().toISOString() })
    .where('id', '=', id)
    .where('account_id', '=', caller.account_id)
    .where('read_at', 'is', null)
    .execute()
}

const noticeDetail = z.record(z.string(), z.string())
