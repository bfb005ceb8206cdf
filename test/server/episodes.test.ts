import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

describe('201', () => {
  test('smoke', async () => {
    await using server = await startTestServer({ ROBOTRACE_LOG_LEVEL: 'info' })
    const { api_key } = await tenant(server)
    const started = await server.fetch('/api/ingest/episode', {
      method: 'POST',
      headers: { ...bearer(api_key), 'Content-Type': 'application/json' },
      body: '{"name":"x","seed":18446744073709551615,"request_uploads":["video","video"],"metadata":{"t":12345678901234567890}}',
    })
    const s = await started.json()
    console.log(started.status, s)
    const put = await fetch(s.upload_urls[0].url, {
      method: 'PUT',
      body: 'hello world',
      headers: { 'Content-Type': 'video/mp4' },
    })
    console.log(put.status, await put.text())
    const fin = await server.fetch(`/api/ingest/episode/${s.episode_id}/finalize`, {
      method: 'POST',
      headers: { ...bearer(api_key), 'Content-Type': 'application/json' },
      body: '{"status":"failed","failure":{"time_s":3,"reason":"gripper"},"duration_s":2}',
    })
    console.log(fin.status, await fin.text())
    const get = await server.fetch(`/api/episodes/${s.episode_id}`, { headers: bearer(api_key) })
    console.log(get.status, await get.text())
    const list = await server.fetch(`/api/episodes?limit=1&status=failed`, { headers: bearer(api_key) })
    console.log(list.status, await list.text())
    const art = await server.fetch(`/api/episodes/${s.episode_id}/artifact/video`, {
      headers: bearer(api_key),
    })
    console.log(art.status, art.headers.get('location'))
    const bytes = await fetch(art.headers.get('location') ?? '', { headers: { Range: 'bytes=-5' } })
    console.log(bytes.status, [...bytes.headers], await bytes.text())
    const again = await fetch(s.upload_urls[0].url, {
      method: 'PUT',
      body: 'hello world',
      headers: { 'Content-Type': 'video/mp4' },
    })
    console.log(again.status, await again.text())
    console.log(server.log())
    expect(1).toBe(1)
  })
})
