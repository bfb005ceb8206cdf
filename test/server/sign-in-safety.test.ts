import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { createLimiter, spendSignInTry } from '../../server/accounts/sign-in-limit.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { PASSWORD, person } from '../seed.ts'

/** A server that believes where tests say they come from, so that each try has a network of its own. */
function behindProxy(): Promise<TestServer> {
  return startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
}

function logIn(server: TestServer, email: string, from: string, password = 'wrong'): Promise<Response> {
  return server.fetch('/api/v1/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': from },
    body: JSON.stringify({ email, password }),
  })
}

const network = (n: number) => `198.51.${Math.floor(n / 250)}.${n % 250}`

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

describe('(18) a known and an unknown e-mail', () => {
  test('get the same status, headers and body', async () => {
    await using server = await behindProxy()
    const { email } = await person(server)
    const answers = [
      await logIn(server, email, network(1)),
      await logIn(server, 'no@lab.example', network(2)),
    ]
    const [known, unknown] = await Promise.all(
      answers.map(async (answer) => ({
        status: answer.status,
        headers: [...answer.headers.keys()].sort(),
        body: (await answer.text()).replaceAll(/req_\w+/g, ''),
      })),
    )
    expect(known).toEqual(unknown)
  })

  test('take a password of the same cost: without a hash the unknown one would be many times faster', async () => {
    await using server = await behindProxy()
    const times = { known: [] as number[], unknown: [] as number[] }
    for (let account = 0; account < 5; account++) {
      const { email } = await person(server)
      for (let pair = 0; pair < 8; pair++) {
        const n = account * 20 + pair * 2
        for (const [kind, address] of [
          ['known', email],
          ['unknown', `nobody-${account}@lab.example`],
        ] as const) {
          const start = performance.now()
          await (await logIn(server, address, network(n))).text()
          times[kind].push(performance.now() - start)
        }
      }
    }
    const ratio = median(times.unknown) / median(times.known)
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThan(2)
  })
})

test('(20) two hundred sign-ins at once fill a bounded queue; the rest wait, and the server goes on answering', async () => {
  await using server = await behindProxy()
  const { email } = await person(server)
  const limited = network(900)
  for (let tries = 0; tries < 50; tries++) await logIn(server, `nobody-${tries % 5}@lab.example`, limited)
  const before = process.memoryUsage.rss()
  const flood = Array.from({ length: 200 }, (_, n) => logIn(server, `somebody-${n}@lab.example`, network(n)))
  const [health, refused] = await Promise.all([
    server.fetch('/healthz'),
    // (23) What is limited is refused before it could wait for a hash.
    logIn(server, 'somebody@lab.example', limited),
  ])
  expect([health.status, refused.status]).toEqual([200, 429])
  const answers = await Promise.all(flood)
  const statuses = answers.map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([401, 503]))
  expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(
    64 + availableParallelism(),
  )
  const waits = answers
    .filter(({ status }) => status === 503)
    .map(({ headers }) => headers.get('retry-after'))
  expect(new Set(waits)).toEqual(new Set(['2']))
  expect(process.memoryUsage.rss() - before).toBeLessThan(300 * 1024 ** 2)
  expect((await logIn(server, email, network(901), PASSWORD)).status).toBe(200)
})

describe('(23) budgets', () => {
  test('are counted for a bounded number of names, the oldest forgotten first', async () => {
    const limiter = createLimiter(1000)
    for (let n = 0; n < 10_000; n++) await limiter.account.consume(`somebody-${n}@lab.example`)
    expect(limiter.account.size).toBe(1000)
    for (let tries = 0; tries < 9; tries++) await limiter.account.consume('somebody-9999@lab.example')
    await expect(limiter.account.consume('somebody-9999@lab.example')).rejects.toMatchObject({
      code: 'rate_limited',
    })
  })

  test('count what has no address in one shared bucket', async () => {
    const limiter = createLimiter()
    const tryFrom = (n: number, ip: string) =>
      spendSignInTry(limiter, { email: `somebody-${n}@lab.example`, ip, known: false })
    for (let n = 0; n < 50; n++) await tryFrom(n, n % 2 ? '' : 'unknown')
    await expect(tryFrom(50, '')).rejects.toMatchObject({ code: 'rate_limited' })
    await tryFrom(51, '203.0.113.9')
  })
})
