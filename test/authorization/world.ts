import { Readable } from 'node:stream'
import { insertApiKey } from '../../server/api-keys/api-keys.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { newId } from '../../server/db/ids.ts'
import { SCOPES } from '../../server/organizations/scopes.ts'
import { apiToken } from '../api-token.ts'
import type { TestServer } from '../harness.ts'
import { bearer, member, type Person, person, tenant } from '../seed.ts'

/** Everybody who might knock. The organization that everything is about is `home`. */
export const PEOPLE = [
  'anonymous',
  'stranger',
  'removed_member',
  'viewer',
  'member',
  'admin',
  'owner',
  'staff',
] as const
export const KEYS = [
  'key_of_another_organization',
  'key_without_the_scope',
  'key_pinned_to_another_device',
  'key_with_every_scope',
  'revoked_key',
  'expired_key',
  'personal_key_of_a_removed_member',
] as const
export const CALLERS = [...PEOPLE, ...KEYS]
export type CallerName = (typeof CALLERS)[number]

/** How a caller proves who they are: keys are sent as such everywhere, people use a token over REST and a cookie to tRPC. */
export interface Proof {
  rest: Record<string, string>
  trpc: Record<string, string>
}

/** What a request is about; a new one for each cell, because some requests end it. */
export interface Target {
  organization_id: string
  project_id: string
  device_id: string
  device: string
  api_key_id: string
  episode_id: string
  account_id: string
  invitation_id: string
  webhook_id: string
  delivery_id: string
  group_id: string
  enrolment_token_id: string
  retention_rule_id: string
  capsule_id: string
  package_id: string
}

export interface World {
  proofs: Record<CallerName, Proof>
  /** @param caller whose request it will be */
  target: () => Promise<Target>
}

/** @example const world = await makeWorld(server) */
export async function makeWorld(server: TestServer): Promise<World> {
  const home = await tenant(server)
  const away = await tenant(server)
  const { organization_id, owner } = home
  const project_id = await projectOf(server, organization_id)
  const leaver = await member(server, organization_id, 'admin')
  const asPerson = async (who: Person): Promise<Proof> => ({
    rest: { ...bearer(await apiToken(server, who)), 'X-RoboTrace-Organization': organization_id },
    trpc: { Cookie: who.cookie },
  })
  const asKey = async (wish: Parameters<typeof insertKey>[2] = {}): Promise<Proof> => {
    const headers = bearer(
      await insertKey(server, { organization_id, account_id: owner.caller.account_id }, wish),
    )
    return { rest: headers, trpc: headers }
  }
  const other_device = await insertDevice(server, { organization_id, project_id, by: owner })
  const at = server.ctx.now().toISOString()
  const away_key = bearer(
    await insertKey(
      server,
      { organization_id: away.organization_id, account_id: away.owner.caller.account_id },
      {},
    ),
  )
  const proofs: World['proofs'] = {
    anonymous: { rest: {}, trpc: {} },
    stranger: await asPerson(away.owner),
    removed_member: await asPerson(leaver),
    viewer: await asPerson(await member(server, organization_id, 'viewer')),
    member: await asPerson(await member(server, organization_id, 'member')),
    admin: await asPerson(await member(server, organization_id, 'admin')),
    owner: await asPerson(owner),
    staff: await asPerson(await person(server, { staff: true })),
    key_of_another_organization: { rest: away_key, trpc: away_key },
    key_without_the_scope: await asKey({ scopes: 'evals:read' }),
    key_pinned_to_another_device: await asKey({ project_id, device_id: other_device.id }),
    key_with_every_scope: await asKey(),
    revoked_key: await asKey({ revoked_at: at }),
    expired_key: await asKey({ expires_at: at }),
    personal_key_of_a_removed_member: await asKey({ personal_of: leaver.caller.account_id }),
  }
  await server.ctx.db.deleteFrom('members').where('account_id', '=', leaver.caller.account_id).execute()
  return { proofs, target: () => makeTarget(server, { organization_id, project_id, by: owner }) }
}

interface Home {
  organization_id: string
  project_id: string
  by: Person
}

async function makeTarget(server: TestServer, home: Home): Promise<Target> {
  const { organization_id, project_id, by } = home
  const { account_id } = by.caller
  const { db } = server.ctx
  const at = server.ctx.now().toISOString()
  const device = await insertDevice(server, home)
  const key = await insertKey(server, { organization_id, account_id }, { scopes: 'episodes:read' })
  const somebody = await member(server, organization_id, 'viewer')
  const episode_id = newId('ep')
  await db
    .insertInto('episodes')
    .values({
      ...{ id: episode_id, organization_id, project_id, account_id, status: 'recording', source: 'real' },
      ...{ metadata: '{}', requested_uploads: '["video"]', bytes_total: 5, created_at: at, updated_at: at },
    })
    .execute()
  await db
    .insertInto('artifacts')
    .values({
      ...{
        episode_id,
        kind: 'video',
        blob_key: `episodes/${episode_id}/video.mp4`,
        content_type: 'video/mp4',
      },
      ...{ size_bytes: 5, sha256: '0'.repeat(64), stored_at: at },
    })
    .execute()
  const invitation_id = newId('inv')
  await db
    .insertInto('invitations')
    .values({
      ...{ id: invitation_id, organization_id, email: `${invitation_id}@lab.example`, role: 'viewer' },
      ...{ token_hash: invitation_id, invited_by: account_id, created_at: at },
      expires_at: new Date(server.ctx.now().getTime() + 86_400_000).toISOString(),
    })
    .execute()
  const group_id = newId('grp')
  const name = group_id
  const group = { id: group_id, organization_id, project_id, name, description: '', created_at: at }
  await db.insertInto('device_groups').values(group).execute()
  const enrolment_token_id = group_id.slice(-10)
  await db
    .insertInto('enrolment_tokens')
    .values({
      ...{ id: enrolment_token_id, organization_id, project_id, label: 'cell 2', secret_hash: group_id },
      ...{ uses_max: 1, use_count: 0, created_by: account_id, created_at: at },
      expires_at: new Date(server.ctx.now().getTime() + 86_400_000).toISOString(),
    })
    .execute()
  const [capsule_id, package_id] = [newId('cap'), newId('pkg')]
  const made = { organization_id, project_id, created_by: account_id, created_at: at }
  await db
    .insertInto('capsules')
    .values({
      ...{ ...made, id: capsule_id, name: capsule_id, version: '1', type: 'sw', file_name: 'nav.zip' },
      ...{ blob_key: `capsules/${capsule_id}/nav.zip`, size_bytes: 5, sha256: '0'.repeat(64) },
    })
    .execute()
  const staged = await server.ctx.blobs.stage(Readable.from([Buffer.from('bytes')]), 5)
  await staged.commit(`capsules/${capsule_id}/nav.zip`)
  await db
    .insertInto('packages')
    .values({ ...made, id: package_id, name: 'stack', description: '' })
    .execute()
  const retention_rule_id = newId('rul')
  await db
    .insertInto('retention_rules')
    .values({ id: retention_rule_id, organization_id, days: 36_500, created_by: account_id, created_at: at })
    .execute()
  return {
    retention_rule_id,
    ...{ group_id, enrolment_token_id, capsule_id, package_id },
    ...{ organization_id, project_id, device_id: device.id, device: device.name, episode_id, invitation_id },
    ...(await insertWebhook(server, home)),
    api_key_id: key.slice(3, 13),
    account_id: somebody.caller.account_id,
  }
}

async function projectOf(server: TestServer, organization_id: string): Promise<string> {
  const { id } = await server.ctx.db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', organization_id)
    .executeTakeFirstOrThrow()
  return id
}

/** A webhook with one message that it was sent. */
async function insertWebhook(server: TestServer, { organization_id, by }: Home) {
  const [webhook_id, delivery_id] = [newId('wh'), newId('del')]
  const created_at = server.ctx.now().toISOString()
  await server.ctx.db
    .insertInto('webhooks')
    .values({
      ...{ id: webhook_id, organization_id, url: 'https://hooks.example.com/', description: '' },
      ...{ events: 'episode.ready', secret_sealed: '', created_by: by.caller.account_id, created_at },
    })
    .execute()
  await server.ctx.db
    .insertInto('webhook_deliveries')
    .values({
      ...{ id: delivery_id, seq: 1, webhook_id, organization_id, message_id: newId('msg'), type: 'test' },
      ...{ body: '{}', status: 'delivered', attempts: 1, created_at, finished_at: created_at },
    })
    .execute()
  return { webhook_id, delivery_id }
}

async function insertDevice(server: TestServer, { organization_id, project_id, by }: Home) {
  const id = newId('dev')
  const name = `arm-${id.slice(4, 12)}`
  const created_at = server.ctx.now().toISOString()
  await server.ctx.db
    .insertInto('devices')
    .values({
      id,
      organization_id,
      project_id,
      name,
      status: 'offline',
      created_by: by.caller.account_id,
      created_at,
    })
    .execute()
  return { id, name }
}

/** A key in any state, good or not. @returns its text */
async function insertKey(
  server: TestServer,
  { organization_id, account_id }: { organization_id: string; account_id: string },
  wish: {
    scopes?: string
    project_id?: string
    device_id?: string
    revoked_at?: string
    expires_at?: string
    personal_of?: string
  },
): Promise<string> {
  const { key, id, hash } = makeKey()
  const { personal_of = null, ...rest } = wish
  await insertApiKey(server.ctx.db, {
    ...{ id, organization_id, account_id: personal_of, prefix: 'rt', label: 'a key', secret_hash: hash },
    ...{ scopes: SCOPES.join(' '), created_by: account_id, created_at: server.ctx.now().toISOString() },
    ...{ use_count: 0, ...rest },
  })
  return key
}
