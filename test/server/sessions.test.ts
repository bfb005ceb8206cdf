import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AddedLogs, LogPage, SessionDetail, SessionList, SessionTags } from '../../sdk/wire.ts'
import { addLogs } from '../../server/sessions/logs.ts'
import { filesOf, finalized, json, problem, start, withVideo } from '../episode-requests.ts'
import { device } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { keyWith, projectPath, send } from '../session-requests.ts'

const ALL = 'episodes:write episodes:read admin'

describe('sessions', () => {
  test('are the episodes of a project with other words, newest first, with totals, pages and cursors', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { api_key } = at
    const ids: string[] = []
    for (let nth = 0; nth < 7; nth++) {
      const { episode_id } = await start(server, api_key, { robot: nth < 5 ? 'arm-7' : 'arm-8' })
      ids.unshift(episode_id)
      // A moment of its own for each, and a day between some of them.
      server.clock.advance(nth % 3 === 2 ? '1d' : '1s')
    }
    await finalized(server, api_key, ids[0] ?? '', { status: 'ready', duration_s: 12.5 })
    await finalized(server, api_key, ids[1] ?? '', { status: 'failed' })
    const list = async (query: string) =>
      json<SessionList>(await send(server, 'GET', projectPath(at, `/sessions?${query}`), api_key), 200)
    const all = await list('')
    expect(all).toMatchObject({ total: 7, page: 1, page_size: 20, next_cursor: null })
    expect(all.items.map(({ id }) => id)).toEqual(ids)
    expect(all.items[0]).toEqual({
      ...{ id: ids[0], device_id: expect.stringMatching(/^dev_/), device_name: 'arm-8', status: 'completed' },
      ...{ started_at: expect.stringMatching(/Z$/), ended_at: expect.stringMatching(/Z$/) },
      ...{ duration_seconds: 12.5, tags: [], artifact_count: 0 },
    })
    expect(all.items.map(({ status }) => status).slice(0, 3)).toEqual(['completed', 'failed', 'active'])
    const third = await list('page=3&page_size=2')
    expect(third).toMatchObject({ total: 7, page: 3, page_size: 2 })
    expect(third.items.map(({ id }) => id)).toEqual(ids.slice(4, 6))
    const behind = await list(`page_size=2&cursor=${third.next_cursor}`)
    expect(behind).toMatchObject({ total: 7, page: null, next_cursor: null })
    expect(behind.items.map(({ id }) => id)).toEqual(ids.slice(6))
    expect(await list('page=9')).toMatchObject({ items: [], total: 7, page: 9, next_cursor: null })
    expect(await list('status=active')).toMatchObject({ total: 5 })
    expect(await list('device_id=arm-8')).toMatchObject({ total: 2 })
    expect(await list(`device_id=${all.items[0]?.device_id}&status=failed`)).toMatchObject({ total: 1 })
    expect(await list('device_id=nobody')).toMatchObject({ items: [], total: 0 })
    const since = all.items[3]?.started_at
    expect((await list(`since=${since}`)).total).toBe(4)
    expect((await list(`until=${since}`)).items.map(({ id }) => id)).toEqual(ids.slice(4))
  })

  test.each(['status=ready', 'page=0', 'page_size=101', 'since=yesterday', 'cursor=abc'])(
    'asked for with %s are refused by name',
    async (query) => {
      await using server = await startTestServer()
      const at = await tenant(server)
      const refused = await problem(
        await send(server, 'GET', projectPath(at, `/sessions?${query}`), at.api_key),
      )
      expect(refused.status).toBe(400)
      expect(refused.errors?.[0]?.path).toBe(query.split('=')[0])
    },
  )

  test('have tags, each once, fifty at most', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { episode_id: id } = await start(server, at.api_key)
    const path = projectPath(at, `/sessions/${id}/tags`)
    const add = async (tag: string) =>
      json<SessionTags>(await send(server, 'POST', path, at.api_key, { tag }), 200)
    expect(await add('slip')).toEqual({ id, tags: ['slip'] })
    expect(await add('  night/shift ')).toEqual({ id, tags: ['night/shift', 'slip'] })
    expect(await add('slip')).toEqual({ id, tags: ['night/shift', 'slip'] })
    const gone = `${path}/${encodeURIComponent('night/shift')}`
    for (let twice = 0; twice < 2; twice++) {
      const left = await json<SessionTags>(await send(server, 'DELETE', gone, at.api_key), 200)
      expect(left.tags).toEqual(['slip'])
    }
    for (let nth = 1; nth < 50; nth++) await add(`tag ${nth}`)
    expect((await send(server, 'POST', path, at.api_key, { tag: 'one more' })).status).toBe(409)
    expect((await add('slip')).tags).toHaveLength(50)
    const long = await problem(await send(server, 'POST', path, at.api_key, { tag: 'x'.repeat(65) }))
    expect(long).toMatchObject({ status: 400, errors: [{ path: 'tag' }] })
    const list = await json<SessionList>(
      await send(server, 'GET', projectPath(at, '/sessions'), at.api_key),
      200,
    )
    expect(list.items[0]?.tags).toContain('slip')
  })
})

describe('the log of a session', () => {
  const entry = (nth: number, more: object = {}) => ({
    ...{ at: new Date(1_793_700_000_000 + nth * 1000).toISOString(), level: 'info' as const, module: 'nav' },
    ...{ message: `line ${nth}`, ...more },
  })

  test('is searched by level, module, text and time, page by page', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { episode_id: id } = await start(server, at.api_key)
    const path = projectPath(at, `/sessions/${id}/logs`)
    const entries = Array.from({ length: 1_000 }, (_, nth) =>
      entry(nth, {
        ...(nth % 100 === 7 ? { level: 'error', message: `Grip_LOST at ${nth} 100%\n  trace` } : {}),
        ...(nth % 10 === 0 ? { module: 'gripper' } : {}),
      }),
    )
    const added = await json<AddedLogs>(await send(server, 'POST', path, at.api_key, { entries }), 201)
    expect(added).toEqual({ accepted: 1_000, log_count: 1_000 })
    const read = async (query: string) =>
      json<LogPage>(await send(server, 'GET', `${path}?${query}`, at.api_key), 200)
    expect((await read('')).items).toHaveLength(100)
    const errors = await read('level=error')
    expect(errors.items.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, nth) => nth * 100 + 8))
    expect(errors.items[0]?.message).toBe('Grip_LOST at 7 100%\n  trace')
    expect((await read('search=grip_lost')).items).toHaveLength(10)
    // These two mean themselves.
    expect((await read('search=grip%25lost')).items).toHaveLength(0)
    expect((await read('search=100%25')).items).toHaveLength(10)
    expect((await read('module=gripper&limit=1000')).items).toHaveLength(100)
    const [since, until] = [entries[500]?.at, entries[510]?.at]
    expect((await read(`since=${since}&until=${until}`)).items.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 10 }, (_, nth) => 501 + nth),
    )
    const seen: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: LogPage = await read(`limit=300${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.items.map(({ seq }) => seq))
      cursor = page.next_cursor
    }
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, nth) => nth + 1))
    const detail = await json<SessionDetail>(
      await send(server, 'GET', projectPath(at, `/sessions/${id}`), at.api_key),
      200,
    )
    expect(detail.metrics.log_count).toBe(1_000)
  })

  test('holds a hundred thousand lines, and what would be more is refused whole', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { episode_id: id } = await start(server, at.api_key)
    const path = projectPath(at, `/sessions/${id}/logs`)
    const entries = Array.from({ length: 1_000 }, (_, nth) => entry(nth))
    for (let nth = 0; nth < 99; nth++) await addLogs(server.ctx, id, entries)
    expect((await send(server, 'POST', path, at.api_key, { entries: entries.slice(0, 999) })).status).toBe(
      201,
    )
    const refused = await problem(
      await send(server, 'POST', path, at.api_key, { entries: entries.slice(0, 2) }),
    )
    expect(refused).toMatchObject({ status: 409, code: 'conflict' })
    // A text that is not there is looked for in steps, and the last of them says that there is no more.
    let steps = 0
    for (let cursor: string | null = ''; cursor !== null; steps++) {
      const query: string = `search=nowhere${cursor && `&cursor=${cursor}`}`
      const page: LogPage = await json(await send(server, 'GET', `${path}?${query}`, at.api_key), 200)
      expect(page.items).toEqual([])
      cursor = page.next_cursor
    }
    expect(steps).toBe(10)
  })

  test('is refused line by line, by name', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { episode_id: id } = await start(server, at.api_key)
    const path = projectPath(at, `/sessions/${id}/logs`)
    for (const [entries, where] of [
      [[], 'entries'],
      [Array.from({ length: 1_001 }, (_, nth) => entry(nth)), 'entries'],
      [[entry(0), entry(1, { level: 'fatal' })], 'entries.1.level'],
      [[entry(0, { at: 'now' })], 'entries.0.at'],
      // In UTC it is the year 10000, and one before the year 0.
      [[entry(0, { at: '9999-12-31T23:59:59-23:00' })], 'entries.0.at'],
      [[entry(0, { at: '0000-01-01T00:00:00+23:00' })], 'entries.0.at'],
    ] as const) {
      const refused = await problem(await send(server, 'POST', path, at.api_key, { entries }))
      expect(refused).toMatchObject({ status: 400, errors: [{ path: where }] })
    }
  })
})

describe('deleting a session', () => {
  test('takes its logs, tags and artifacts with it, and the bytes go from the disk', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id } = await withVideo(server, at.api_key, 'the video', { name: 'cube' })
    const key = await keyWith(server, at, { scopes: ALL })
    const path = projectPath(at, `/sessions/${id}`)
    await send(server, 'POST', `${path}/tags`, key, { tag: 'slip' })
    const entries = [{ at: '2026-11-03T09:30:00Z', level: 'info', module: 'nav', message: 'go' }]
    await send(server, 'POST', `${path}/logs`, key, { entries })
    expect(await filesOf(server)).toHaveLength(1)
    const gone = await json<{ id: string; metrics: object }>(await send(server, 'DELETE', path, key), 200)
    expect(gone).toMatchObject({
      id,
      metrics: { log_count: 1, artifact_count: 1, artifact_size_bytes: 9 },
    })
    expect((await send(server, 'GET', path, key)).status).toBe(404)
    expect((await send(server, 'DELETE', path, key)).status).toBe(404)
    await server.ctx.background.drain()
    expect(await filesOf(server)).toEqual([])
    const { db } = server.ctx
    for (const table of ['episode_logs', 'episode_tags', 'artifacts', 'blob_removals', 'episodes'] as const)
      expect(await db.selectFrom(table).selectAll().execute(), table).toEqual([])
    const list = await json<SessionList>(await send(server, 'GET', projectPath(at, '/sessions'), key), 200)
    expect(list.total).toBe(0)
    const events = await db.selectFrom('audit_events').select(['action', 'target', 'detail']).execute()
    expect(events.find(({ action }) => action === 'episode.deleted')).toEqual({
      ...{ action: 'episode.deleted', target: id },
      detail: JSON.stringify({ name: 'cube', artifacts: 1, bytes: 9 }),
    })
  })

  test('is for admins: neither a key that ingests nor one that is pinned to the robot may', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const arm = await device(server, at)
    const project_id = (await server.ctx.db.selectFrom('projects').select('id').executeTakeFirstOrThrow()).id
    const pinned = await keyWith(server, at, { scopes: ALL, project_id, device_id: arm.id })
    const { episode_id: id } = await start(server, pinned)
    const path = projectPath(at, `/sessions/${id}`)
    const ingest = await problem(await send(server, 'DELETE', path, at.api_key))
    expect(ingest).toMatchObject({ status: 403, code: 'insufficient_scope' })
    expect((await send(server, 'GET', path, pinned)).status).toBe(200)
    expect(await problem(await send(server, 'DELETE', path, pinned))).toMatchObject({
      ...{ status: 403, code: 'forbidden', detail: expect.stringContaining('one device') },
    })
    expect((await send(server, 'GET', path, at.api_key)).status).toBe(200)
  })

  test('survives a crash before the bytes are gone: they go when the server is back', async () => {
    const data = mkdtempSync(join(tmpdir(), 'robotrace-test-'))
    try {
      const blobKeys = await (async () => {
        await using server = await startTestServer({}, { file: true, data })
        const at = await tenant(server)
        const { id } = await withVideo(server, at.api_key, 'the video')
        const key = await keyWith(server, at, { scopes: ALL })
        // What a killed process does from here on: nothing.
        server.ctx.blobs.remove = () => Promise.reject(new Error('killed'))
        expect((await send(server, 'DELETE', projectPath(at, `/sessions/${id}`), key)).status).toBe(200)
        await server.ctx.background.drain()
        expect(await filesOf(server)).toHaveLength(1)
        return server.ctx.db.selectFrom('blob_removals').select('blob_key').execute()
      })()
      expect(blobKeys).toHaveLength(1)
      await using back = await startTestServer({}, { file: true, data })
      await back.ctx.background.drain()
      expect(await filesOf(back)).toEqual([])
      expect(await back.ctx.db.selectFrom('blob_removals').selectAll().execute()).toEqual([])
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
})

describe('a key that is pinned to a device', () => {
  test('sees, reads and finalizes the episodes of that device and of no other', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const arm = await device(server, at)
    const project_id = (await server.ctx.db.selectFrom('projects').select('id').executeTakeFirstOrThrow()).id
    const pinned = await keyWith(server, at, {
      scopes: 'episodes:write episodes:read',
      project_id,
      device_id: arm.id,
    })
    const { episode_id: own } = await start(server, pinned, { robot: 'whatever it says' })
    const { id: other } = await withVideo(server, at.api_key, 'bytes', { robot: 'arm-8' })
    const list = await json<SessionList>(await send(server, 'GET', projectPath(at, '/sessions'), pinned), 200)
    expect(list).toMatchObject({ total: 1, items: [{ id: own, device_id: arm.id, device_name: 'arm-7' }] })
    const page = await json<{ items: { id: string }[] }>(
      await send(server, 'GET', '/api/episodes', pinned),
      200,
    )
    expect(page.items.map(({ id }) => id)).toEqual([own])
    for (const query of ['device_id=arm-8', 'robot=arm-8']) {
      const none = await json<{ items: unknown[] }>(
        await send(server, 'GET', `/api/episodes?${query}`, pinned),
        200,
      )
      expect(none.items).toEqual([])
    }
    const entries = [{ at: '2026-11-03T09:30:00Z', level: 'info', module: 'nav', message: 'go' }]
    const refused = [
      await send(server, 'GET', `/api/episodes/${other}`, pinned),
      await send(server, 'GET', `/api/episodes/${other}/artifact/video`, pinned),
      await send(server, 'POST', `/api/ingest/episode/${other}/finalize`, pinned, { status: 'failed' }),
      await send(server, 'GET', projectPath(at, `/sessions/${other}`), pinned),
      await send(server, 'GET', projectPath(at, `/sessions/${other}/artifacts`), pinned),
      await send(server, 'POST', projectPath(at, `/sessions/${other}/tags`), pinned, { tag: 'mine' }),
      await send(server, 'POST', projectPath(at, `/sessions/${other}/logs`), pinned, { entries }),
    ]
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 404))
    expect((await finalized(server, pinned, own)).status).toBe('ready')
  })
})
