import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Client } from '../sdk/mod.ts'

const ready = z.strictObject({
  url: z.url(),
  email: z.email(),
  password: z.string().min(8),
  api_key: z.string().regex(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/),
  client_id: z.uuid(),
  data: z.string(),
  episodes: z.array(z.strictObject({ id: z.string(), url: z.url(), status: z.enum(['ready', 'failed']) })),
})

test('the demo says where it is in one JSON line, serves three episodes and ends cleanly on Ctrl-C', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/demo.ts', '--port', '0', '--json'])
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk)
      if (stdout.includes('\n')) resolve()
    })
    exit.then(() => reject(new Error(`the demo ended early: ${stderr}`)))
  })
  const { api_key, url, episodes, password, data } = ready.parse(JSON.parse(stdout))
  try {
    expect(episodes.map(({ status }) => status)).toEqual(['ready', 'failed', 'ready'])
    const client = new Client({ api_key, base_url: url, verbose: false })
    const [ready, failed, note] = await Promise.all(episodes.map(({ id }) => client.getEpisode(id)))
    expect(ready?.artifacts.map(({ kind }) => kind).sort()).toEqual(['actions', 'sensors', 'video'])
    expect(failed?.failure_time_s).toBeGreaterThan(0)
    expect(note?.artifacts).toEqual([])
    expect(existsSync(join(data, 'robotrace.db'))).toBe(true)
    for (const episode of episodes) expect(episode.url).toBe(`${url}/portal/episodes/${episode.id}`)
  } finally {
    child.kill('SIGINT')
    expect(await exit).toBe(0)
    rmSync(data, { recursive: true })
  }
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain('"msg":"request"')
  expect(stderr).not.toContain(api_key.slice(14))
  expect(stderr).not.toContain(password)
})
