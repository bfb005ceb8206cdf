import type { AppContext } from '../context.ts'

/** What ids are called today; what is gone or never had a name is missing. */
export type Names = ReadonlyMap<string, string>

type Db = AppContext['db']
type Found = Promise<{ id: string; name: string | null }[]>

/** One kind of id: how it looks, and where its name stands. */
const KINDS: { looks: RegExp; find: (db: Db, ids: string[]) => Found }[] = [
  {
    looks: /^acc_/,
    find: (db, ids) => db.selectFrom('accounts').select(['id', 'name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^[0-9a-z]{10}$/,
    find: (db, ids) =>
      db.selectFrom('api_keys').select(['id', 'label as name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^[0-9a-z]{10}$/,
    find: (db, ids) =>
      db.selectFrom('enrolment_tokens').select(['id', 'label as name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^grp_/,
    find: (db, ids) => db.selectFrom('device_groups').select(['id', 'name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^dl_/,
    find: (db, ids) =>
      db.selectFrom('device_logins').select(['id', 'hostname as name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^inv_/,
    find: (db, ids) =>
      db.selectFrom('invitations').select(['id', 'email as name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^dev_/,
    find: (db, ids) => db.selectFrom('devices').select(['id', 'name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^prj_/,
    find: (db, ids) => db.selectFrom('projects').select(['id', 'name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^ssh_/,
    find: (db, ids) => db.selectFrom('ssh_keys').select(['id', 'name']).where('id', 'in', ids).execute(),
  },
  {
    looks: /^wh_/,
    // The rest of the address may be a secret of the receiver's.
    find: async (db, ids) =>
      (await db.selectFrom('webhooks').select(['id', 'url']).where('id', 'in', ids).execute()).map(
        ({ id, url }) => ({ id, name: new URL(url).host }),
      ),
  },
  {
    looks: /^[0-9a-f]{8}-/,
    find: (db, ids) => db.selectFrom('organizations').select(['id', 'name']).where('id', 'in', ids).execute(),
  },
]

/** At most one read for each kind of id, however many there are. */
export async function findNames(
  ctx: Pick<AppContext, 'db'>,
  ids: readonly (string | null)[],
): Promise<Names> {
  const wanted = [...new Set(ids)].filter((id) => id !== null)
  const found = await Promise.all(
    KINDS.map(({ looks, find }) => {
      const these = wanted.filter((id) => looks.test(id))
      return these.length === 0 ? [] : find(ctx.db, these)
    }),
  )
  return new Map(found.flat().flatMap(({ id, name }) => (name === null ? [] : [[id, name]])))
}
