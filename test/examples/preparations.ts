import { gzipSync } from 'node:zlib'
import { z } from 'zod'
import { hashPassword } from '../../server/accounts/passwords.ts'
import { approve, authorize, start } from '../device-login/login.ts'
import { bearer } from '../seed.ts'
import type { ExampleWorld } from './world.ts'

/** What has to be there, or to be said, before the example of a route is answered as it declares. */
export interface Prepared {
  /** In the place of what the example prints, by parameter. */
  params?: Record<string, string>
  query?: Record<string, string>
  headers?: Record<string, string>
  /** In the place of members of the example's body. */
  body?: object
  /** In the place of a body: what a form sends. */
  form?: FormData
  /** A body that is not JSON. */
  bytes?: { type: string; text: string }
}

type Prepare = (world: ExampleWorld) => Promise<Prepared>

const started = z.object({
  episode_id: z.string(),
  upload_urls: z.array(z.object({ url: z.string() })),
})
const idOf = z.looseObject({ id: z.string() })

/** A run with a video; `ready` once it is finalized. */
async function episode(world: ExampleWorld, ready = true): Promise<{ id: string; url: string }> {
  const wish = { name: 'pick_and_place v3', robot: 'arm-7', request_uploads: ['video'] }
  const made = started.parse(await world.send('POST', '/api/ingest/episode', wish))
  const [upload] = made.upload_urls
  const url = upload?.url ?? ''
  if (!ready) return { id: made.episode_id, url }
  const headers = { 'Content-Type': 'video/mp4' }
  await world.server.fetch(pathOf(url), { method: 'PUT', headers, body: 'not really a video' })
  await world.send('POST', `/api/ingest/episode/${made.episode_id}/finalize`, { status: 'ready' })
  return { id: made.episode_id, url }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** The parts of a signed link, as the route of the bytes names them. */
function signedLink(url: string): Pick<Prepared, 'params' | 'query'> {
  const { pathname, searchParams } = new URL(url)
  const [organization_id = '', episode_id = '', file = ''] = pathname.split('/').slice(-3)
  return { params: { organization_id, episode_id, file }, query: Object.fromEntries(searchParams) }
}

const OF_PROJECT = '/api/v1/organizations/:org/projects/:project'
const DEVICES = '/api/v1/organizations/acme/projects/default/devices'

async function arm7({ send }: ExampleWorld): Promise<Prepared> {
  await send('POST', DEVICES, { name: 'arm-7', dsn: 'SN-0042', type: 'arm', environment: 'production' })
  return {}
}

async function cell2({ send }: ExampleWorld): Promise<Prepared> {
  const path = '/api/v1/organizations/acme/projects/default/device-groups'
  await send('POST', path, { name: 'cell 2', description: 'The two arms by the window' })
  return {}
}

async function otherKey({ portal, at }: ExampleWorld): Promise<Prepared> {
  const { organization_id } = at
  const { api_key } = await portal.apiKeys.mint.mutate({ organization_id, label: 'bench 3' })
  return { params: { key: api_key.id } }
}

async function asOwner(world: ExampleWorld): Promise<Prepared> {
  return { headers: bearer(await world.ownersToken()) }
}

async function enrolmentToken({ portal, place }: ExampleWorld) {
  const wish = { ...place, label: 'cell 2', uses: 50, type: 'arm' }
  return portal.fleet.makeEnrolmentToken.mutate(wish)
}

/** A robot speaks with the key that it got when it enrolled. */
async function enrolled(world: ExampleWorld): Promise<Prepared> {
  const { token } = await enrolmentToken(world)
  const answer = await world.server.fetch('/api/v1/devices/enroll', {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'arm-7', dsn: 'SN-0042', nonce: 'f3a91c5e7b2d4068a1c3' }),
  })
  const { api_key } = z.looseObject({ api_key: z.string() }).parse(await answer.json())
  return { headers: bearer(api_key) }
}

async function webhook({ send, receiver }: ExampleWorld): Promise<{ webhook: string }> {
  const wish = { url: receiver.url, description: 'on-call channel', events: ['episode.failed'] }
  const made = await send('POST', '/api/v1/organizations/acme/webhooks', wish)
  return { webhook: z.object({ webhook: idOf }).parse(made).webhook.id }
}

async function delivery(world: ExampleWorld): Promise<Prepared> {
  const params = await webhook(world)
  const path = `/api/v1/organizations/acme/webhooks/${params.webhook}/test`
  const { id } = idOf.parse(await world.send('POST', path, {}))
  await world.server.ctx.background.drain()
  return { params: { ...params, delivery: id } }
}

/** The archive that the example of uploading speaks of. */
function capsuleForm(): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries({ name: 'navigation', version: '1.4.2', type: 'sw' }))
    form.set(name, value)
  form.set('file', new Blob([gzipSync('not really an archive')]), 'navigation-1.4.2.tar.gz')
  return form
}

async function capsule({ server, key }: ExampleWorld): Promise<{ capsule: string }> {
  const answer = await server.fetch('/api/v1/organizations/acme/projects/default/capsules', {
    method: 'POST',
    headers: bearer(key),
    body: capsuleForm(),
  })
  return { capsule: idOf.parse(await answer.json()).id }
}

async function software(world: ExampleWorld): Promise<{ package: string }> {
  const path = '/api/v1/organizations/acme/projects/default/packages'
  const wish = { name: 'picking stack', description: 'nav and grasping' }
  const made = await world.send('POST', path, { ...wish, capsule_ids: [(await capsule(world)).capsule] })
  return { package: idOf.parse(made).id }
}

const oneCapsule: Prepare = async (world) => ({ params: await capsule(world) })

/** A run that has ended, with a tag and a line of its log. */
async function session(world: ExampleWorld): Promise<Prepared> {
  const { id } = await episode(world)
  const path = `/api/v1/organizations/acme/projects/default/sessions/${id}`
  await world.send('POST', `${path}/tags`, { tag: 'night shift' })
  const line = { at: '2026-11-03T09:30:00.250Z', level: 'warn', module: 'gripper', message: 'slip detected' }
  await world.send('POST', `${path}/logs`, { entries: [line] })
  return { params: { id } }
}

async function trashedSession(world: ExampleWorld): Promise<Prepared> {
  const prepared = await session(world)
  await world.send(
    'POST',
    `/api/v1/organizations/acme/projects/default/sessions/${prepared.params?.id}/trash`,
  )
  return prepared
}

const oneWebhook: Prepare = async (world) => ({ params: await webhook(world) })
const key: Prepare = async (world) => ({ body: { token: world.key } })

/** The thing has to be there; the example does not name it. */
function after(make: (world: ExampleWorld) => Promise<unknown>): Prepare {
  return async (world) => {
    await make(world)
    return {}
  }
}

const SSH_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl art@laptop'

/** The owner's SSH key, selected for arm-7. */
async function doorKey(world: ExampleWorld): Promise<{ ssh_key_id: string }> {
  await arm7(world)
  const { id } = await world.portal.sshKeys.add.mutate({ name: 'work laptop', key_text: SSH_KEY })
  return world.portal.fleet.selectDoorKey.mutate({ ...world.place, device: 'arm-7', ssh_key_id: id })
}

/** By route; one that is not here needs nothing but the organization and its key. */
export const PREPARATIONS: Record<string, Prepare> = {
  'POST /api/ingest/episode/:id/finalize': async (world) => ({
    params: { id: (await episode(world, false)).id },
  }),
  'GET /api/episodes': after(episode),
  'GET /api/episodes/:id': async (world) => ({ params: { id: (await episode(world)).id } }),
  'GET /api/episodes/:id/artifact/:kind': async (world) => ({ params: { id: (await episode(world)).id } }),
  'PUT /api/blobs/episodes/:organization_id/:episode_id/:file': async (world) => ({
    ...signedLink((await episode(world, false)).url),
    bytes: { type: 'video/mp4', text: 'not really a video' },
  }),
  'GET /api/blobs/episodes/:organization_id/:episode_id/:file': async (world) => {
    const { id } = await episode(world)
    const answer = await world.server.fetch(`/api/episodes/${id}/artifact/video`, {
      headers: bearer(world.key),
    })
    return signedLink(answer.headers.get('location') ?? '')
  },

  'PATCH /api/v1/organizations/:org/api-keys/:key': otherKey,
  'POST /api/v1/organizations/:org/api-keys/:key/rotate': otherKey,
  'DELETE /api/v1/organizations/:org/api-keys/:key': otherKey,
  'GET /api/v1/user/api-keys': async (world) => {
    await world.portal.apiKeys.mintPersonal.mutate({ label: 'my laptop' })
    return asOwner(world)
  },
  'POST /api/v1/user/api-keys': asOwner,
  'DELETE /api/v1/user/api-keys/:key': async (world) => {
    const { api_key } = await world.portal.apiKeys.mintPersonal.mutate({ label: 'my laptop' })
    return { ...(await asOwner(world)), params: { key: api_key.id } }
  },
  'POST /api/secret-scanning/alerts': async ({ key, scannersSignature }) => {
    const url = 'https://github.example/octo/robot/blob/main/.env'
    const text = JSON.stringify([{ token: key, type: 'robotrace_api_key', url, source: 'content' }])
    return { headers: scannersSignature(text), bytes: { type: 'application/json', text } }
  },

  'POST /api/v1/auth/login': async ({ server, at }) => {
    await server.ctx.db
      .updateTable('accounts')
      .set({ password_hash: await hashPassword('a long sentence of your own') })
      .where('id', '=', at.owner.caller.account_id)
      .execute()
    return {}
  },
  'POST /api/v1/auth/refresh': asOwner,
  'POST /api/v1/auth/logout': asOwner,
  'POST /api/cli/auth/poll': async ({ server }) => {
    const { device_code } = await start(server)
    return { body: { device_code } }
  },
  'POST /oauth/token': async ({ server, at }) => {
    const login = await authorize(server)
    await approve(server, at, login)
    return { body: { device_code: login.device_code } }
  },
  'POST /oauth/revoke': key,
  'POST /oauth/introspect': key,

  'GET /api/v1/organizations/:org/audit': after(otherKey),
  'GET /api/v1/admin/audit': async (world) => ({ headers: bearer(await world.staffsToken()) }),

  'GET /api/v1/user/api-tokens': async (world) => {
    await world.portal.apiTokens.make.mutate({ life: '24h' })
    return asOwner(world)
  },
  'DELETE /api/v1/user/api-tokens/:id': async (world) => {
    const { id } = await world.portal.apiTokens.make.mutate({ life: '24h' })
    return { ...(await asOwner(world)), params: { id } }
  },
  'GET /api/v1/user/ssh-keys': async (world) => {
    await world.portal.sshKeys.add.mutate({ name: 'work laptop', key_text: SSH_KEY })
    return asOwner(world)
  },
  'POST /api/v1/user/ssh-keys': asOwner,
  'DELETE /api/v1/user/ssh-keys/:id': async (world) => {
    const { id } = await world.portal.sshKeys.add.mutate({ name: 'work laptop', key_text: SSH_KEY })
    return { ...(await asOwner(world)), params: { id } }
  },

  [`POST ${OF_PROJECT}/devices/:device/heartbeat`]: enrolled,
  [`GET ${OF_PROJECT}/devices/:device/authorized_keys`]: async (world) => {
    await doorKey(world)
    return {}
  },
  [`GET ${OF_PROJECT}/devices/:device/ssh-keys`]: async (world) => {
    await doorKey(world)
    return asOwner(world)
  },
  [`POST ${OF_PROJECT}/devices/:device/ssh-keys`]: async (world) => {
    await arm7(world)
    const { id } = await world.portal.sshKeys.add.mutate({ name: 'work laptop', key_text: SSH_KEY })
    return { ...(await asOwner(world)), body: { ssh_key_id: id } }
  },
  [`DELETE ${OF_PROJECT}/devices/:device/ssh-keys/:ssh_key_id`]: async (world) => {
    const { ssh_key_id } = await doorKey(world)
    return { ...(await asOwner(world)), params: { ssh_key_id } }
  },
  'GET /api/v1/organizations/:org/devices': async (world) => {
    const { headers } = await enrolled(world)
    const beat = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' } }
    await world.server.fetch(`${DEVICES}/arm-7/heartbeat`, { ...beat, body: '{"cpu_usage": 31.5}' })
    return {}
  },
  [`GET ${OF_PROJECT}/devices`]: arm7,
  [`GET ${OF_PROJECT}/devices/:device`]: arm7,
  [`PATCH ${OF_PROJECT}/devices/:device`]: arm7,
  [`DELETE ${OF_PROJECT}/devices/:device`]: arm7,
  [`GET ${OF_PROJECT}/devices/:device/health`]: arm7,
  [`POST ${OF_PROJECT}/devices/:device/merge`]: async (world) => {
    await world.send('POST', '/api/ingest/episode', { robot: 'ur5e cell 2' })
    return arm7(world)
  },
  [`GET ${OF_PROJECT}/device-groups`]: cell2,
  [`GET ${OF_PROJECT}/device-groups/:group`]: cell2,
  [`PATCH ${OF_PROJECT}/device-groups/:group`]: cell2,
  [`DELETE ${OF_PROJECT}/device-groups/:group`]: cell2,
  [`GET ${OF_PROJECT}/enrolment-tokens`]: after(enrolmentToken),
  [`DELETE ${OF_PROJECT}/enrolment-tokens/:token`]: async (world) => ({
    params: { token: (await enrolmentToken(world)).enrolment_token.id },
  }),
  'POST /api/v1/devices/enroll': async (world) => ({
    headers: bearer((await enrolmentToken(world)).token),
  }),

  [`GET ${OF_PROJECT}/sessions`]: after(session),
  [`GET ${OF_PROJECT}/sessions/:id`]: session,
  [`DELETE ${OF_PROJECT}/sessions/:id`]: session,
  'GET /api/v1/organizations/:org/trash': after(trashedSession),
  [`POST ${OF_PROJECT}/sessions/:id/trash`]: session,
  [`POST ${OF_PROJECT}/sessions/:id/restore`]: trashedSession,
  [`GET ${OF_PROJECT}/sessions/:id/artifacts`]: session,
  [`GET ${OF_PROJECT}/sessions/:id/logs`]: session,
  [`POST ${OF_PROJECT}/sessions/:id/logs`]: session,
  [`POST ${OF_PROJECT}/sessions/:id/tags`]: session,
  [`DELETE ${OF_PROJECT}/sessions/:id/tags/:tag`]: session,

  [`GET ${OF_PROJECT}/capsules`]: after(capsule),
  [`POST ${OF_PROJECT}/capsules`]: async () => ({ form: capsuleForm() }),
  [`GET ${OF_PROJECT}/capsules/:capsule`]: oneCapsule,
  [`DELETE ${OF_PROJECT}/capsules/:capsule`]: oneCapsule,
  [`GET ${OF_PROJECT}/capsules/:capsule/download`]: oneCapsule,
  [`GET ${OF_PROJECT}/packages`]: after(software),
  [`POST ${OF_PROJECT}/packages`]: oneCapsule,
  [`GET ${OF_PROJECT}/packages/:package`]: async (world) => ({ params: await software(world) }),

  'GET /api/v1/organizations/:org/webhooks': after(webhook),
  'GET /api/v1/organizations/:org/webhooks/:webhook': oneWebhook,
  'PATCH /api/v1/organizations/:org/webhooks/:webhook': oneWebhook,
  'DELETE /api/v1/organizations/:org/webhooks/:webhook': oneWebhook,
  'POST /api/v1/organizations/:org/webhooks/:webhook/rotate-secret': oneWebhook,
  'POST /api/v1/organizations/:org/webhooks/:webhook/test': oneWebhook,
  'GET /api/v1/organizations/:org/webhooks/:webhook/deliveries': delivery,
  'GET /api/v1/organizations/:org/webhooks/:webhook/deliveries/:delivery': delivery,
  'POST /api/v1/organizations/:org/webhooks/:webhook/deliveries/:delivery/redeliver': delivery,
}
