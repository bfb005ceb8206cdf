import type { TestServer } from './harness.ts'

/** What an organization stores, counted anew from the rows themselves. */
export async function countedAnew({ ctx: { db } }: TestServer, organization_id: string): Promise<number> {
  const sizes = [
    await db
      .selectFrom('artifacts as a')
      .innerJoin('episodes as e', 'e.id', 'a.episode_id')
      .select('a.size_bytes')
      .where('e.organization_id', '=', organization_id)
      .execute(),
    await db
      .selectFrom('capsules')
      .select('size_bytes')
      .where('organization_id', '=', organization_id)
      .where('removed_at', 'is', null)
      .execute(),
    await db
      .selectFrom('blob_removals')
      .select('size_bytes')
      .where('organization_id', '=', organization_id)
      .execute(),
  ]
  return sizes.flat().reduce((sum, { size_bytes }) => sum + size_bytes, 0)
}

/** What the triggers say. */
export async function kept({ ctx: { db } }: TestServer, organization_id: string): Promise<number> {
  const row = await db
    .selectFrom('organization_usage')
    .select('bytes')
    .where('organization_id', '=', organization_id)
    .executeTakeFirst()
  return row?.bytes ?? 0
}
