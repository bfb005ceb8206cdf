import { notify } from '../../server/notices/notices.ts'
import { put, start, withVideo } from '../episode-requests.ts'
import type { TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, type Person, person, type Tenant, tenant } from '../seed.ts'
import { beat, robot } from './fleet-world.ts'
import { logFailedRun, sdk } from './seeded.ts'

/** Everything that the pages can show, for those who look at them. */
export interface World {
  server: TestServer
  owner: Person
  staff: Person
  failed: string
  recording: string
  note: string
  device: string
  /** A device with heartbeats, a wrong clock and a full disk. */
  beating: string
  organization_id: string
  /** Of an invitation. */
  link: string
  /** Whose organization has a trash, rules, a quota that was reached and a robot that fell silent. */
  keeper: Person
  interrupted: string
  trashed: string
}

export async function world(server: TestServer): Promise<World> {
  const { owner, organization_id, api_key, api_key_id } = await tenant(server)
  const staff = await person(server, { staff: true })
  const portal = portalClient(server, owner)
  await portal.apiKeys.mint.mutate({ organization_id, label: 'casey laptop' })
  const failed = await logFailedRun(server, api_key, {
    metadata: { pose: { __type: 'robotrace.Pose3D', translation: [0, 0, 1], rotation: [0, 0, 0, 1] } },
  })
  const recording = await sdk(server, api_key).startEpisode({ name: 'live', request_uploads: ['video'] })
  const note = await sdk(server, api_key).logEpisode({ name: 'a note', status: 'ready' })
  await portal.apiKeys.revoke.mutate({ id: api_key_id })
  await portal.apiTokens.make.mutate({})
  await member(server, organization_id, 'member')
  const invitation = { organization_id, email: 'robin@lab.example', role: 'viewer' as const }
  const { link } = await portal.invitations.make.mutate(invitation)
  const key_text =
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl art@laptop'
  const ssh_key = await portal.sshKeys.add.mutate({ name: 'work laptop', key_text })
  const place = { org: organization_id, project: 'default' }
  const device = await portal.fleet.create.mutate({ ...place, name: 'arm-7' })
  await portal.fleet.selectDoorKey.mutate({ ...place, device: device.id, ssh_key_id: ssh_key.id })
  const beating = await fleetOf(server, { owner, organization_id, api_key, api_key_id })
  const ids = { failed: failed.id, recording: recording.id, note: note.id, device: device.id, beating }
  await notify(server.ctx.db, server.ctx.now().toISOString(), {
    ...{ account_id: staff.caller.account_id, kind: 'backup_failed' },
    detail: { folder: '/var/backups/robotrace', reason: 'ENOSPC: no space left on device, write' },
  })
  return { server, owner, staff, organization_id, link, ...ids, ...(await storage(server, staff)) }
}

/** A device that beats, beside one that does not and a robot that only an episode knows. */
async function fleetOf(server: TestServer, at: Tenant): Promise<string> {
  const one = await robot(server, at, 'cart-1')
  const full = { cpu_usage: 41, memory_usage: 52, disk_usage: 96, clock_offset_ms: -3_100 }
  await beat(server, at, one, { ...full, backlog_episodes: 4, backlog_bytes: 2_000_000 })
  return one.id
}

/** An organization that has stored, deleted and been refused. */
async function storage(
  server: TestServer,
  staff: Person,
): Promise<Pick<World, 'keeper' | 'interrupted' | 'trashed'>> {
  const { owner: keeper, organization_id, api_key } = await tenant(server, { name: 'Northwind Manipulation' })
  const portal = portalClient(server, keeper)
  const stored = async (name: string, size: number) =>
    (await withVideo(server, api_key, 'x'.repeat(size), { name })).id
  const interrupted = await stored('night run', 2_000)
  const trashed = await stored('an old run', 3_000)
  const gone = await stored('a bad run', 4_000)
  await portal.episodes.trash.mutate({ ids: [trashed, gone] })
  await portal.episodes.deleteTrashed.mutate({ ids: [gone] })
  await server.ctx.background.drain()
  const { db } = server.ctx
  await db.updateTable('episodes').set({ status: 'interrupted' }).where('id', '=', interrupted).execute()
  const rule = {
    project: null,
    status: 'failed' as const,
    source: 'sim' as const,
    keep_tag: 'keep',
    days: 30,
  }
  await portal.storage.createRule.mutate({ organization_id, ...rule })
  await portalClient(server, staff).storage.setQuota.mutate({ organization_id, quota_bytes: 5_000 })
  const { upload_urls } = await start(server, api_key, {
    name: 'one too many',
    request_uploads: ['video'],
  })
  const refused = await put(upload_urls[0]?.url ?? '', 'x'.repeat(9_000))
  if (refused.status !== 507) throw new Error(`The upload beyond the quota was answered ${refused.status}.`)
  return { keeper, interrupted, trashed }
}
