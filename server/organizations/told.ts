import type { Database } from '../db/open.ts'

/** What a message to somebody outside says of where something happened. */
export interface ToldPlace {
  org: { id: string; slug: string }
  /** Null for what belongs to the organization as a whole. */
  project: { id: string; slug: string } | null
}

/** The names of an organization and one of its projects, as they are now. */
export async function tellPlace(
  db: Database,
  organization_id: string,
  project_id: string | null,
): Promise<ToldPlace> {
  const org = await db
    .selectFrom('organizations')
    .select(['id', 'slug'])
    .where('id', '=', organization_id)
    .executeTakeFirstOrThrow()
  if (project_id === null) return { org, project: null }
  const project = await db
    .selectFrom('projects')
    .select(['id', 'slug'])
    .where('organization_id', '=', organization_id)
    .where('id', '=', project_id)
    .executeTakeFirst()
  return { org, project: project ?? null }
}
