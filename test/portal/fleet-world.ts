import { z } from 'zod'
import type { DeviceStatus, Heartbeat } from '../../sdk/wire.ts'
import { newId } from '../../server/db/ids.ts'
import { projectOf } from '../fleet-requests.ts'
import type { TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, type Tenant } from '../seed.ts'

/** A robot with a key of its own. */
export interface Robot {
  id: string
  name: string
  key: string
}

const enrolled = z.object({ api_key: z.string(), device: z.object({ id: z.string() }) })

/** Swaps an enrolment token for a key, as a robot does. */
export async function enroll(server: TestServer, token: string, name: string): Promise<Robot> {
  const answer = await server.fetch('/api/v1/devices/enroll', {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, nonce: `the nonce of ${name}` }),
  })
  const { api_key, device } = enrolled.parse(await answer.json())
  return { id: device.id, name, key: api_key }
}

/** Robots of a tenant, enrolled with a token of theirs. */
export async function robots(server: TestServer, at: Tenant, ...names: string[]): Promise<Robot[]> {
  const { fleet } = portalClient(server, at.owner)
  const wish = { ...projectOf(at), label: 'the robots of a test', uses: names.length }
  const { token } = await fleet.makeEnrolmentToken.mutate(wish)
  const all: Robot[] = []
  for (const name of names) all.push(await enroll(server, token, name))
  return all
}

/** One robot of a tenant. */
export async function robot(server: TestServer, at: Tenant, name: string): Promise<Robot> {
  const [one] = await robots(server, at, name)
  if (!one) throw new Error('No robot enrolled.')
  return one
}

/** One heartbeat, as the robot sends it. */
export async function beat(server: TestServer, at: Tenant, one: Robot, said: Heartbeat = {}): Promise<void> {
  const path = `/api/v1/organizations/${at.organization_id}/projects/default/devices/${one.id}/heartbeat`
  const answer = await server.fetch(path, {
    method: 'POST',
    headers: { ...bearer(one.key), 'Content-Type': 'application/json' },
    body: JSON.stringify(said),
  })
  if (answer.status !== 200) throw new Error(`The heartbeat was answered ${answer.status}.`)
}

/** Many devices at once, straight into the database: `unit-00000` and so on. */
export async function fillFleet(
  server: TestServer,
  at: Tenant,
  n: number,
  status: (index: number) => DeviceStatus = () => 'offline',
): Promise<void> {
  const { db } = server.ctx
  const { id: project_id } = await db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', at.organization_id)
    .executeTakeFirstOrThrow()
  const now = server.ctx.now().toISOString()
  const row = { organization_id: at.organization_id, project_id, confirmed_at: now, created_at: now }
  await db.transaction().execute(async (trx) => {
    for (let index = 0; index < n; index++) {
      const name = `unit-${String(index).padStart(5, '0')}`
      await trx
        .insertInto('devices')
        .values({
          ...row,
          ...{ id: newId('dev'), name, status: status(index), type: index % 2 === 0 ? 'arm' : 'amr' },
          created_by: at.owner.caller.account_id,
        })
        .execute()
    }
  })
}
