import { describe, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { apiToken } from '../api-token.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

describe('the header X-RoboTrace-Project', () => {
  test('puts an episode into the project it names, by slug or id', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const warehouse = await project(server, lab.organization_id, 'warehouse')
    for (const named of ['warehouse', warehouse]) {
      const started = await start(server, { ...bearer(lab.api_key), 'X-RoboTrace-Project': named })
      expect(started.status).toBe(201)
      expect(await projectOf(server, started)).toBe(warehouse)
    }
    const without = await start(server, bearer(lab.api_key))
    expect(await projectOf(server, without)).not.toBe(warehouse)
  })

  test("answers another organization's project like a missing one", async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const other = await tenant(server)
    const theirs = await project(server, other.organization_id, 'warehouse')
    const answers = ['warehouse', theirs, 'nothing'].map(async (named) => {
      const answer = await start(server, { ...bearer(lab.api_key), 'X-RoboTrace-Project': named })
      const { detail, code } = (await answer.json()) as { detail: string; code: string }
      return { status: answer.status, detail, code }
    })
    const missing = { status: 404, detail: 'No such project.', code: 'not_found' }
    expect(await Promise.all(answers)).toEqual([missing, missing, missing])
  })

  test('leads no pinned key out of its project', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const warehouse = await project(server, lab.organization_id, 'warehouse')
    await server.ctx.db
      .updateTable('api_keys')
      .set({ project_id: warehouse })
      .where('id', '=', lab.api_key_id)
      .execute()
    const headers = bearer(lab.api_key)
    expect((await start(server, { ...headers, 'X-RoboTrace-Project': 'default' })).status).toBe(404)
    expect((await start(server, { ...headers, 'X-RoboTrace-Project': 'warehouse' })).status).toBe(201)
  })

  test('works beside the organization that a personal credential names', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const warehouse = await project(server, lab.organization_id, 'warehouse')
    const started = await start(server, {
      ...bearer(await apiToken(server, lab.owner)),
      'X-RoboTrace-Organization': lab.organization_id,
      'X-RoboTrace-Project': 'warehouse',
    })
    expect(await projectOf(server, started)).toBe(warehouse)
  })
})

test('an archived project takes no new episodes, and says so', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const id = await project(server, lab.organization_id, 'warehouse')
  const archived_at = server.ctx.now().toISOString()
  await server.ctx.db.updateTable('projects').set({ archived_at }).where('id', '=', id).execute()
  const answer = await start(server, { ...bearer(lab.api_key), 'X-RoboTrace-Project': 'warehouse' })
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({
    detail: 'This project is archived and takes no episodes. Restore it, or name another.',
  })
  expect(await server.ctx.db.selectFrom('episodes').select('id').execute()).toEqual([])
})

function start(server: TestServer, headers: Record<string, string>): Promise<Response> {
  return server.fetch('/api/ingest/episode', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ name: 'pick and place' }),
  })
}

async function project(server: TestServer, organization_id: string, slug: string): Promise<string> {
  const id = newId('prj')
  const created_at = server.ctx.now().toISOString()
  await server.ctx.db
    .insertInto('projects')
    .values({ id, organization_id, slug, name: slug, created_at })
    .execute()
  return id
}

async function projectOf(server: TestServer, started: Response): Promise<string> {
  const { episode_id } = (await started.json()) as { episode_id: string }
  const { project_id } = await server.ctx.db
    .selectFrom('episodes')
    .select('project_id')
    .where('id', '=', episode_id)
    .executeTakeFirstOrThrow()
  return project_id
}
