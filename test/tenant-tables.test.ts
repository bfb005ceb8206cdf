import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newId } from '../server/db/ids.ts'
import { startTestServer, type TestServer } from './harness.ts'
import { tenant } from './seed.ts'

/**
 * Which slices may name a table whose rows belong to one organization. A slice that needs another one's rows asks its
 * noun, which asks for whose they are; one that is not in its line fails here, and has to say why it should be.
 */
const TENANT_TABLES: Record<string, string[]> = {
  // audit-trail: the names of what stands in the trail, of ids that the trail itself gave.
  api_keys: ['api-keys', 'audit-trail', 'fleet', 'leaked-keys', 'members', 'organizations', 'robots'],
  api_key_days: ['api-keys'],
  api_key_origins: ['api-keys'],
  // blobs: compares what is on the disk with what rows name, of all organizations.
  artifacts: ['blobs', 'episodes'],
  // blobs: what is deleted, and how far that has got, belongs to the bytes.
  blob_removals: ['blobs'],
  audit_events: ['audit', 'audit-trail', 'device-login', 'leaked-keys'],
  device_login_policies: ['device-login'],
  // jobs: what is long over is deleted, whosever it was.
  device_logins: ['audit-trail', 'device-login', 'jobs'],
  capsules: ['blobs', 'software'],
  device_groups: ['audit-trail', 'fleet'],
  device_ssh_keys: ['fleet', 'members', 'ssh-keys'],
  deletions: ['blobs', 'storage'],
  devices: ['api-keys', 'audit-trail', 'fleet', 'members', 'robots', 'ssh-keys'],
  enrolment_tokens: ['audit-trail', 'fleet'],
  episodes: ['blobs', 'episodes'],
  invitations: ['audit-trail', 'members'],
  members: ['api-keys', 'fleet', 'members', 'organizations'],
  // metrics: the sum of all, which names nobody.
  organization_usage: ['metrics', 'quota'],
  retention_rules: ['storage'],
  // webhooks: takes out what outbox put in.
  outbox: ['outbox', 'webhooks'],
  // fleet: what software a device runs.
  packages: ['fleet', 'software'],
  // storage: what the project of a retention rule is called.
  projects: ['api-keys', 'audit-trail', 'fleet', 'organizations', 'ssh-keys', 'storage'],
  webhook_attempts: ['webhooks'],
  webhook_deliveries: ['webhooks'],
  webhook_delivery_counts: ['webhooks'],
  webhooks: ['audit-trail', 'outbox', 'webhooks'],
}

/** Files that build a statement on episodes or artifacts; all others go through getEpisodeRow or a signed slot. */
const EPISODE_FILES = [
  'archive',
  'artifact-counts',
  'artifacts',
  'episodes',
  'finalize',
  'lease',
  'list',
  'of-device',
  'remove',
  'told',
  'trash',
  'trash-jobs',
  'trash-list',
  'uploads',
]
  .map((name) => `server/episodes/${name}.ts`)
  .concat('server/blobs/reconcile.ts')
  .sort()

const NAMING =
  /\b(?:selectFrom|insertInto|updateTable|deleteFrom|\w+Join|using|from)\(\s*'([a-z_]+)(?: as \w+)?'/g

const files = readdirSync('server', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
const named = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(NAMING)].map(([, table = '']) => ({ file, table })),
)
const sliceOf = (file: string): string => file.split('/')[1] ?? ''

describe('(48) rows of an organization', () => {
  test('are named in SQL by the nouns that know whose they are, and nowhere else', () => {
    expect(named.length).toBeGreaterThan(150)
    const found = Object.keys(TENANT_TABLES).map((table) => {
      const slices = named.filter((one) => one.table === table).map(({ file }) => sliceOf(file))
      return [table, [...new Set(slices)].sort()]
    })
    expect(Object.fromEntries(found)).toEqual(TENANT_TABLES)
    const ofEpisodes = named.filter(({ table }) => table === 'episodes' || table === 'artifacts')
    expect([...new Set(ofEpisodes.map(({ file }) => file))].sort()).toEqual(EPISODE_FILES)
  })

  test('are in every table that holds an organization, or hangs on a row that does', () => {
    const schema = readFileSync('schema.sql', 'utf8')
    const holding = [...schema.matchAll(/CREATE TABLE (\w+) \(([\s\S]*?)\n\);/g)]
      .filter(([, , columns = '']) => /^\s+organization_id\s/m.test(columns))
      .map(([, table]) => table ?? '')
    expect(holding.length).toBeGreaterThan(7)
    expect(holding.filter((table) => TENANT_TABLES[table] === undefined)).toEqual([])
  })

  test('are read by no statement written as text', () => {
    const text = files.filter((file) => /\bsql(<[^>]*>)?`/.test(readFileSync(file, 'utf8')))
    const naming = text.filter((file) =>
      Object.keys(TENANT_TABLES).some((table) =>
        new RegExp(`sql(<[^>]*>)?\`[^\`]*\\b(from|join|into|update)\\s+${table}\\b`, 'i').test(
          readFileSync(file, 'utf8'),
        ),
      ),
    )
    expect(naming).toEqual([])
  })

  test('cannot hang on a project of another organization: the database refuses', async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const project_id = await projectOf(server, theirs.organization_id)
    const { organization_id, owner } = mine
    const at = server.ctx.now().toISOString()
    const { account_id } = owner.caller
    const status = 'offline' as const
    const device = { id: newId('dev'), name: 'arm-7', status, created_by: account_id, created_at: at }
    const episode = {
      ...{ id: newId('ep'), account_id, status: 'recording' as const, source: 'real' as const },
      ...{ metadata: '{}', requested_uploads: '[]', bytes_total: 0, created_at: at, updated_at: at },
    }
    const { db } = server.ctx
    const crossed = { organization_id, project_id }
    await expect(
      db
        .insertInto('devices')
        .values({ ...device, ...crossed })
        .execute(),
    ).rejects.toThrow(/FOREIGN KEY/)
    await expect(
      db
        .insertInto('episodes')
        .values({ ...episode, ...crossed })
        .execute(),
    ).rejects.toThrow(/FOREIGN KEY/)
    const own = { organization_id, project_id: await projectOf(server, organization_id) }
    await db
      .insertInto('devices')
      .values({ ...device, ...own })
      .execute()
    await db
      .insertInto('episodes')
      .values({ ...episode, ...own })
      .execute()
    await expect(
      db.updateTable('episodes').set({ project_id }).where('id', '=', episode.id).execute(),
    ).rejects.toThrow(/FOREIGN KEY/)
  })
})

async function projectOf(server: TestServer, organization_id: string): Promise<string> {
  const { id } = await server.ctx.db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', organization_id)
    .executeTakeFirstOrThrow()
  return id
}
