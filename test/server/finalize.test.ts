import { describe, expect, test } from 'vitest'
import { finalize, finalized, problem, put, read, start, withVideo } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { tenant } from '../seed.ts'

describe('200', () => {
  test('finalizing merges metadata at the top level, and finalize wins', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id } = await start(server, api_key, { metadata: { task: 'pick', scene: { bins: 2 } } })
    const done = await finalized(server, api_key, episode_id, {
      status: 'failed',
      duration_s: 12.5,
      failure: { time_s: 11, reason: 'gripper slipped' },
      metadata: { scene: { lamp: true } },
    })
    expect(done).toMatchObject({ episode_id, status: 'failed', bytes_total: 0, missing_uploads: [] })
    const episode = await read(server, api_key, episode_id)
    expect(episode.metadata).toEqual({
      task: 'pick',
      scene: { lamp: true },
      failure_reason: 'gripper slipped',
    })
    expect(episode).toMatchObject({ status: 'failed', duration_s: 12.5, failure_time_s: 11 })
    expect(episode.finalized_at).toBe(done.updated_at)
  })

  test('finalizing again answers the same and rolls nothing back, whatever it says', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id } = await start(server, api_key)
    const first = await finalized(server, api_key, episode_id, { status: 'ready', metadata: { a: 1 } })
    server.clock.advance('1m')
    const second = await finalized(server, api_key, episode_id, {
      status: 'failed',
      failure_time_s: 1,
      metadata: { a: 2 },
    })
    expect(second).toEqual(first)
    expect(await read(server, api_key, episode_id)).toMatchObject({
      status: 'ready',
      metadata: { a: 1 },
      failure_time_s: null,
    })
  })

  test('of two finalizes at the same moment one decides and both are answered with it', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id } = await start(server, api_key)
    const answers = await Promise.all(
      ['ready', 'failed', 'ready', 'failed'].map((status) =>
        finalized(server, api_key, episode_id, { status }),
      ),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect((await read(server, api_key, episode_id)).status).toBe(answers[0]?.status)
  })

  test('a failure time is clamped to the recording, in both shapes', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    for (const shape of [{ failure_time_s: 99 }, { failure: { time_s: 99 } }]) {
      const { episode_id } = await start(server, api_key)
      await finalized(server, api_key, episode_id, { status: 'failed', duration_s: 10, ...shape })
      expect((await read(server, api_key, episode_id)).failure_time_s).toBe(10.001)
    }
    const { episode_id } = await start(server, api_key)
    await finalized(server, api_key, episode_id, { status: 'failed', failure_time_s: 99 })
    expect((await read(server, api_key, episode_id)).failure_time_s).toBe(99)
  })

  test('a failure before the start is put at the start, in both shapes', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    for (const shape of [{ failure_time_s: -0.1 }, { failure: { time_s: -3 } }]) {
      const { episode_id } = await start(server, api_key)
      await finalized(server, api_key, episode_id, { status: 'failed', duration_s: 10, ...shape })
      expect((await read(server, api_key, episode_id)).failure_time_s).toBe(0)
    }
  })

  test('bytes_total is what the disk holds, and an empty slot is named but no error', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id } = await withVideo(server, api_key, 'twelve bytes', {
      request_uploads: ['video', 'sensors', 'actions'],
    })
    const done = await finalized(server, api_key, id, { status: 'ready', bytes_total: 3 })
    expect(done).toMatchObject({ bytes_total: 12, missing_uploads: ['sensors', 'actions'] })
  })
})

describe('400', () => {
  test.each([
    ['status', { status: 'done' }],
    ['status', {}],
    ['bytes_total', { status: 'ready', bytes_total: 1.5 }],
    ['bytes_total', { status: 'ready', bytes_total: -1 }],
    ['failure_time_s', { status: 'ready', failure_time_s: -0.1 }],
    ['failure_time_s', { status: 'ready', failure_time_s: 1 }],
    ['failure', { status: 'ready', failure: { reason: 'fell' } }],
    ['failure', { status: 'ready', failure: { time_s: -1 } }],
    ['duration_s', { status: 'ready', duration_s: -1 }],
  ])('finalizing names the member that is wrong: %s', async (path, body) => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id } = await start(server, api_key)
    const refused = await problem(await finalize(server, api_key, episode_id, body))
    expect(refused.status).toBe(400)
    expect(refused.errors?.map((one) => one.path)).toContain(path)
    expect((await read(server, api_key, episode_id)).status).toBe('recording')
  })
})

describe('409', () => {
  test('an upload that was lost on the way is named, and arrives on the second try', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id: id, upload_urls } = await start(server, api_key, {
      request_uploads: ['video', 'sensors'],
    })
    await put(upload_urls[0]?.url ?? '', 'video!')
    const refused = await problem(await finalize(server, api_key, id, { status: 'ready', bytes_total: 13 }))
    expect(refused).toMatchObject({ status: 409, code: 'conflict' })
    expect(refused.detail).toBe(
      '13 bytes were sent and 6 are here: nothing has arrived for sensors. Upload again, then finalize.',
    )
    expect((await read(server, api_key, id)).status).toBe('recording')
    await put(upload_urls[1]?.url ?? '', 'sensors', { 'Content-Type': 'application/octet-stream' })
    expect(await finalized(server, api_key, id, { status: 'ready', bytes_total: 13 })).toMatchObject({
      bytes_total: 13,
    })
  })

  test('an episode whose bytes went missing on the disk is not called ready', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id } = await withVideo(server, api_key, 'soon gone')
    const row = await server.ctx.db.selectFrom('artifacts').select('blob_key').executeTakeFirstOrThrow()
    await server.ctx.blobs.remove(row.blob_key)
    const refused = await problem(await finalize(server, api_key, id))
    expect(refused.status).toBe(409)
    expect(refused.detail).toContain('video')
  })
})
