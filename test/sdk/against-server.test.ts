import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AuthError, Client, type EpisodeSummary, NotFoundError, ValidationError } from '../../sdk/mod.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { tenant } from '../seed.ts'

async function signedIn(server: TestServer): Promise<Client> {
  const { api_key } = await tenant(server)
  return new Client({ api_key, base_url: server.url, verbose: false })
}

const VIDEO = new Uint8Array(Buffer.from('frame '.repeat(100_000)))

test('a whole run: started, uploaded from a path, finalized, read back, downloaded', async () => {
  await using server = await startTestServer()
  const client = await signedIn(server)
  const path = join(server.data, 'run.mp4')
  writeFileSync(path, VIDEO)
  const episode = await client.startEpisode({
    name: 'pick_and_place v3',
    source: 'sim',
    policy_version: 'pap-v3.2.1',
    env_version: 'tabletop-2',
    git_sha: 'abc1234',
    seed: 18446744073709551615n,
    metadata: { task: 'pick' },
    request_uploads: ['video', 'sensors'],
  })
  await episode.upload('video', path)
  const final = await episode.finalize({
    duration_s: 42.5,
    fps: 30,
    metadata: { outcome: { success: true } },
  })
  expect(final).toMatchObject({ status: 'ready', bytes_total: VIDEO.length, missing_uploads: ['sensors'] })

  const read = await client.getEpisode(episode.id)
  expect(read).toMatchObject({
    id: episode.id,
    name: 'pick_and_place v3',
    source: 'sim',
    status: 'ready',
    seed: 18446744073709551615n,
    seed_text: '18446744073709551615',
    duration_s: 42.5,
    metadata: { task: 'pick', outcome: { success: true } },
  })
  expect(read.artifacts).toMatchObject([
    { kind: 'video', size_bytes: VIDEO.length, content_type: 'video/mp4' },
  ])
  const response = await client.downloadArtifact(episode.id, 'video')
  expect(Buffer.from(await response.arrayBuffer()).equals(VIDEO)).toBe(true)
  const part = await client.downloadArtifact(episode.id, 'video', { range: 'bytes=0-4' })
  expect(await part.text()).toBe('frame')
  await expect(client.downloadArtifact(episode.id, 'sensors')).rejects.toThrow(NotFoundError)
})

test.each<[number | bigint | string, number | bigint]>([
  [42, 42],
  [-(2n ** 63n), -(2n ** 63n)],
  ['9007199254740993', 9007199254740993n],
])('the seed %s comes back as it was given', async (given, back) => {
  await using server = await startTestServer()
  const client = await signedIn(server)
  const { id } = await client.startEpisode({ seed: given })
  expect((await client.getEpisode(id)).seed).toBe(back)
})

test('logEpisode logs a failed run whole', async () => {
  await using server = await startTestServer()
  const client = await signedIn(server)
  const { id } = await client.logEpisode({
    name: 'dropped it',
    sensors: new Blob(['npz']),
    status: 'failed',
    duration_s: 20,
    failure_time_s: 12.84,
    failure_reason: 'gripper lost the object',
  })
  expect(await client.getEpisode(id)).toMatchObject({
    status: 'failed',
    failure_time_s: 12.84,
    metadata: { failure_reason: 'gripper lost the object' },
    bytes_total: 3,
  })
})

test('await using and recordEpisode end an episode as what it was', async () => {
  await using server = await startTestServer()
  const client = await signedIn(server)
  const ids: string[] = []
  {
    await using good = await client.startEpisode({ request_uploads: ['video'] })
    ids.push(good.id)
    await good.upload('video', VIDEO)
  }
  const work = client.recordEpisode({}, (episode) => {
    ids.push(episode.id)
    throw new Error('the arm stopped')
  })
  await expect(work).rejects.toThrow('the arm stopped')
  const [good, bad] = await Promise.all(ids.map((id) => client.getEpisode(id)))
  expect(good).toMatchObject({ status: 'ready' })
  expect(bad).toMatchObject({ status: 'failed', metadata: { failure_reason: 'Error: the arm stopped' } })
})

test('an upload that is larger than the server takes ends the episode as failed, with the server’s reason', async () => {
  await using server = await startTestServer({ ROBOTRACE_MAX_UPLOAD: '1MB' })
  const client = await signedIn(server)
  const path = join(server.data, 'big.mp4')
  writeFileSync(path, Buffer.alloc(8_000_000, 'frame'))
  await expect(client.logEpisode({ video: path })).rejects.toMatchObject({ status: 413, code: 'too_large' })
  const { items } = await client.listEpisodesPage()
  expect(items).toMatchObject([{ status: 'failed' }])
  const read = await client.getEpisode(items[0]?.id ?? '')
  expect(read.metadata.failure_reason).toMatch(/^upload error: /)
})

test('listing filters, pages and walks to the end, newest first', async () => {
  await using server = await startTestServer()
  const client = await signedIn(server)
  for (const robot of ['ur5e-01', 'ur5e-02', 'ur5e-02', 'ur5e-02']) await client.startEpisode({ robot })
  const page = await client.listEpisodesPage({ robot: 'ur5e-02', limit: 2 })
  expect(page.items).toHaveLength(2)
  expect(page.next_cursor).not.toBeNull()
  const all: EpisodeSummary[] = []
  for await (const episode of client.listEpisodes({ robot: 'ur5e-02', limit: 2 })) all.push(episode)
  expect(all).toHaveLength(3)
  expect(all.slice(0, 2)).toEqual(page.items)
  expect(new Set(all.map(({ id }) => id)).size).toBe(3)
})

describe('refusals', () => {
  test('another organization’s episode looks like a missing one', async () => {
    await using server = await startTestServer()
    const mine = await signedIn(server)
    const theirs = await signedIn(server)
    const { id } = await theirs.startEpisode()
    await expect(mine.getEpisode(id)).rejects.toThrow(NotFoundError)
  })

  test('a field that is too long is named', async () => {
    await using server = await startTestServer()
    const client = await signedIn(server)
    await expect(client.startEpisode({ name: 'x'.repeat(201) })).rejects.toThrow(ValidationError)
    await expect(client.startEpisode({ name: 'x'.repeat(201) })).rejects.toThrow('name')
  })

  test('(62) an unknown key is refused, and neither client nor server shows it', async () => {
    await using server = await startTestServer()
    const api_key = `rt_8a4f01c2b3_${'unknown'.repeat(6)}`
    const client = new Client({ api_key, base_url: server.url })
    const error: unknown = await client.startEpisode().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AuthError)
    expect(error).toMatchObject({ status: 401, code: 'unauthenticated' })
    expect(server.log() + String(error)).not.toContain('unknownunknown')
  })
})
