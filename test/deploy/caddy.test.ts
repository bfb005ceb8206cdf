import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { filesOf, VIDEO } from '../episode-requests.ts'
import { bearer, PASSWORD } from '../seed.ts'
import { answerTo, ask, open } from './https-request.ts'
import { behindCaddy } from './proxy.ts'
import { JSON_BODY, MIB, sha256, slot, stored } from './recordings.ts'

test('uploads through Caddy reach the server while they are still being sent, and arrive whole', async () => {
  await using behind = await behindCaddy()
  const bytes = randomBytes(32 * MIB)
  const { path } = await slot(behind)
  const sent = open(behind, path, { method: 'PUT', headers: { ...VIDEO, 'Content-Length': bytes.length } })
  const answer = answerTo(sent)
  sent.write(bytes.subarray(0, 4 * MIB))
  await expect
    .poll(async () => (await filesOf(behind.server)).map((file) => statSync(file).size)[0] ?? 0)
    .toBeGreaterThan(3 * MIB)
  sent.end(bytes.subarray(4 * MIB))
  expect(JSON.parse(String((await answer).body))).toMatchObject({ sha256: sha256(bytes) })
})

test('a range through Caddy is just those bytes', async () => {
  await using behind = await behindCaddy()
  const bytes = randomBytes(2 * MIB)
  const path = await stored(behind, bytes)
  const part = await ask(behind, path, { headers: { Range: 'bytes=-500' } })
  expect(part.status).toBe(206)
  expect(part.body.equals(bytes.subarray(-500))).toBe(true)
})

test('(22) behind Caddy a client is the address it connects from, whatever it claims', async () => {
  await using behind = await behindCaddy({ ROBOTRACE_RATE_LIMIT: '2' })
  const knock = async (from: string, claim: string): Promise<number> => {
    const headers = { ...bearer('rt_nobody'), 'X-Forwarded-For': claim }
    return (await ask(behind, '/api/episodes', { from, headers })).status
  }
  expect(await knock('127.0.0.2', '198.51.100.7')).toBe(401)
  expect(await knock('127.0.0.2', '127.0.0.1')).toBe(401)
  expect(await knock('127.0.0.2', '203.0.113.9')).toBe(429)
  expect(await knock('127.0.0.3', '127.0.0.2')).toBe(401)
})

test('signing in through Caddy works from the page itself alone, with cookies for https alone', async () => {
  await using behind = await behindCaddy()
  const body = JSON.stringify({ email: behind.lab.owner.email, password: PASSWORD })
  const signIn = (Origin: string) =>
    ask(behind, '/trpc/auth.signIn', { method: 'POST', headers: { ...JSON_BODY, Origin }, body })
  expect((await signIn('https://evil.example')).status).toBe(403)
  const { status, headers } = await signIn(behind.url)
  expect(status).toBe(200)
  for (const cookie of headers['set-cookie'] ?? ['none']) expect(cookie).toMatch(/^__Host-.*; Secure;/)
})
