import { CompiledQuery } from 'kysely'
import type { DeviceStatus, Heartbeat, HeartbeatAnswer } from '../../sdk/wire.ts'
import type { Caller, OrganizationCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { enter } from '../organizations/act-within.ts'
import { type DeviceAddress, noDevice } from './devices.ts'
import { healthSlot } from './health.ts'
import { BEAT_S } from './status.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** Beats that arrive within so long are written together: one commit and one fsync for all of them. */
const GATHER_MS = 50

/** No more than that in one transaction, which everybody else waits for. */
const MOST_AT_ONCE = 256

/** Spelled out once: ten thousand robots send this every half a minute. The status is touched when it changes. */
const NOTE_BEAT = `
  UPDATE devices SET last_heartbeat_at = ?, cpu_usage = ?, memory_usage = ?, disk_usage = ?, clock_offset_ms = ?,
    backlog_episodes = ?, backlog_bytes = ?, sdk_version = COALESCE(?, sdk_version)
  WHERE id = ? AND removed_at IS NULL
  RETURNING status`

const TURN_ONLINE = `UPDATE devices SET status = 'online' WHERE id = ? AND status = 'offline'`

const NOTE_HEALTH = `
  INSERT INTO device_health (device_id, slot, at, cpu_usage, memory_usage, disk_usage, clock_offset_ms,
    backlog_episodes, backlog_bytes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (device_id, slot) DO UPDATE SET at = excluded.at, cpu_usage = excluded.cpu_usage,
    memory_usage = excluded.memory_usage, disk_usage = excluded.disk_usage,
    clock_offset_ms = excluded.clock_offset_ms, backlog_episodes = excluded.backlog_episodes,
    backlog_bytes = excluded.backlog_bytes`

const FIND_OWN = `
  SELECT d.id, d.name, p.id AS project_id, p.slug AS project_slug, o.id AS organization_id, o.slug AS organization_slug
  FROM devices d
  JOIN projects p ON p.id = d.project_id
  JOIN organizations o ON o.id = d.organization_id
  WHERE d.id = ? AND d.removed_at IS NULL`

interface OwnDevice {
  id: string
  name: string
  project_id: string
  project_slug: string
  organization_id: string
  organization_slug: string
}

/**
 * A device says that it is there and how it is. Only its own key may. The answer is sent when the beat is on the disk,
 * together with those of the same moment.
 *
 * @throws AppError forbidden for keys that are pinned to no device, and for people; not_found for another device
 * @example await beat(ctx, caller, { org: 'acme', project: 'default', device: 'arm-7', cpu_usage: 31.5 })
 */
export async function beat(
  ctx: Ctx,
  caller: Caller,
  { org, project, device, ...said }: DeviceAddress & Heartbeat,
): Promise<HeartbeatAnswer> {
  const at = ctx.now()
  const { id } = await ownDevice(ctx, caller, { org, project, device })
  const status = await written(ctx.db, { id, at, said })
  if (status === undefined) throw noDevice()
  return { id, status, server_time: at.toISOString(), next_in_s: BEAT_S }
}

async function ownDevice(ctx: Ctx, caller: Caller, address: DeviceAddress): Promise<OwnDevice> {
  if (!isPinned(caller)) {
    await enter(ctx, caller, address, 'fleet:read')
    throw new AppError('forbidden', 'Only a device sends its heartbeat, with the key that is pinned to it.')
  }
  const query = CompiledQuery.raw(FIND_OWN, [caller.pinned_device_id])
  const [own] = (await ctx.db.executeQuery<OwnDevice>(query)).rows
  if (own && isMeant(own, address)) return own
  throw noDevice()
}

function isPinned(caller: Caller): caller is OrganizationCaller & { pinned_device_id: string } {
  return caller.kind === 'organization' && caller.pinned_device_id !== null
}

function isMeant(own: OwnDevice, { org, project, device }: DeviceAddress): boolean {
  return (
    (org === own.organization_slug || org.toLowerCase() === own.organization_id) &&
    (project === own.project_slug || project === own.project_id) &&
    (device === own.id || device === own.name)
  )
}

interface Beat {
  id: string
  at: Date
  said: Heartbeat
}

interface Gathered extends Beat {
  resolve: (status: DeviceStatus | undefined) => void
  reject: (error: unknown) => void
}

/** What has arrived and is not written yet, for each open database. */
const gathered = new WeakMap<Database, Gathered[]>()

/** @returns the device's status once the beat is on the disk; undefined when the device is gone */
function written(db: Database, beat: Beat): Promise<DeviceStatus | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = gathered.get(db) ?? []
    waiting.push({ ...beat, resolve, reject })
    if (waiting.length === 1) {
      gathered.set(db, waiting)
      setTimeout(() => writeDown(db), GATHER_MS)
    }
    if (waiting.length >= MOST_AT_ONCE) writeDown(db)
  })
}

async function writeDown(db: Database): Promise<void> {
  const beats = gathered.get(db) ?? []
  gathered.delete(db)
  if (beats.length === 0) return
  try {
    const statuses = await db.transaction().execute(async (trx) => {
      const all: (DeviceStatus | undefined)[] = []
      for (const one of beats) all.push(await writeOne(trx, one))
      return all
    })
    for (const [index, one] of beats.entries()) one.resolve(statuses[index])
  } catch (error) {
    for (const one of beats) one.reject(error)
  }
}

async function writeOne(trx: Database, { id, at, said }: Beat): Promise<DeviceStatus | undefined> {
  const moment = at.toISOString()
  const metrics = [
    said.cpu_usage ?? null,
    said.memory_usage ?? null,
    said.disk_usage ?? null,
    clockOffset(said, at),
    said.backlog_episodes ?? null,
    said.backlog_bytes ?? null,
  ]
  const parameters = [moment, ...metrics, said.sdk_version || null, id]
  const noted = await trx.executeQuery<{ status: DeviceStatus }>(CompiledQuery.raw(NOTE_BEAT, parameters))
  const [row] = noted.rows
  if (!row) return undefined
  if (row.status === 'offline') await trx.executeQuery(CompiledQuery.raw(TURN_ONLINE, [id]))
  await trx.executeQuery(CompiledQuery.raw(NOTE_HEALTH, [id, healthSlot(at), moment, ...metrics]))
  return row.status === 'offline' ? 'online' : row.status
}

/** How far the device's clock is ahead, milliseconds: what it worked out itself, else what its own time says. */
function clockOffset({ clock_offset_ms, sent_at }: Heartbeat, at: Date): number | null {
  if (clock_offset_ms != null) return clock_offset_ms
  return sent_at == null ? null : Date.parse(sent_at) - at.getTime()
}
