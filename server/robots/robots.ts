import type { OrganizationCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'

/** A project holds so many devices that nobody has confirmed; beyond that, robot strings stay mere text. */
const MOST_UNCONFIRMED = 1_000

/**
 * Registers the robot that an episode named and no device of the project answers to, unconfirmed: a member confirms
 * it or merges it into the device it is.
 *
 * @param robot free text of an old client, 1 to 120 characters
 * @returns its id, also when another request registered it a moment ago; null when the project holds too many
 */
export async function registerRobot(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: OrganizationCaller,
  robot: string,
): Promise<string | null> {
  const { organization_id, project_id } = caller
  if ((await countUnconfirmed(ctx.db, project_id)) >= MOST_UNCONFIRMED) return null
  const created_by = await accountBehind(ctx, caller)
  const id = newId('dev')
  const created_at = ctx.now().toISOString()
  try {
    await ctx.db.transaction().execute(async (trx) => {
      await trx
        .insertInto('devices')
        .values({ id, organization_id, project_id, name: robot, status: 'offline', created_by, created_at })
        .execute()
      await trx.insertInto('device_robots').values({ project_id, robot, device_id: id }).execute()
    })
    return id
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    return findRobot(ctx.db, project_id, robot)
  }
}

/** The device that a robot string means, if any. */
async function findRobot(db: Database, project_id: string, robot: string): Promise<string | null> {
  const found = await db
    .selectFrom('device_robots')
    .select('device_id')
    .where('project_id', '=', project_id)
    .where('robot', '=', robot)
    .executeTakeFirst()
  return found?.device_id ?? null
}

async function countUnconfirmed(db: Database, project_id: string): Promise<number> {
  const rows = await db
    .selectFrom('device_counts')
    .select('n')
    .where('project_id', '=', project_id)
    .where('confirmed', '=', 0)
    .execute()
  return rows.reduce((sum, { n }) => sum + n, 0)
}

/** Whose act something is: a service key stands for whoever minted it. */
export async function accountBehind(
  ctx: Pick<AppContext, 'db'>,
  caller: { account_id: string | null; credential: { id: string } },
): Promise<string> {
  if (caller.account_id !== null) return caller.account_id
  const { created_by } = await ctx.db
    .selectFrom('api_keys')
    .select('created_by')
    .where('id', '=', caller.credential.id)
    .executeTakeFirstOrThrow()
  return created_by
}

/**
 * From now on these texts mean this device; an explicit name wins over what a text meant before.
 *
 * @param texts a device's name and, if it has one, its DSN
 */
export async function nameRobots(
  trx: Database,
  project_id: string,
  device_id: string,
  texts: readonly (string | null)[],
): Promise<void> {
  for (const robot of new Set(texts)) {
    if (robot === null) continue
    await trx
      .insertInto('device_robots')
      .values({ project_id, robot, device_id })
      .onConflict((conflict) => conflict.columns(['project_id', 'robot']).doUpdateSet({ device_id }))
      .execute()
  }
}

/** Whatever meant one device now means another one. */
export async function moveRobots(trx: Database, from: string, to: string): Promise<void> {
  await trx.updateTable('device_robots').set({ device_id: to }).where('device_id', '=', from).execute()
}

/** Nothing means this device any more. */
export async function forgetRobots(trx: Database, device_id: string): Promise<void> {
  await trx.deleteFrom('device_robots').where('device_id', '=', device_id).execute()
}

/** What means this device, in the order of the alphabet. */
export async function robotsOf(db: Database, device_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('device_robots')
    .select('robot')
    .where('device_id', '=', device_id)
    .orderBy('robot')
    .execute()
  return rows.map(({ robot }) => robot)
}
