import { request } from 'node:http'
import { type BenchServer, median, startProcess } from './processes.ts'

/**
 * How long does a whole login take, from start over opening and approving the code to the poll that hands the key
 * over, waiting for nobody? And how much of a core do a thousand terminals cost that poll every five seconds?
 */
export async function benchLogin(options: {
  logins: number
  terminals: number
  seconds: number
}): Promise<Record<string, number>> {
  await using server = await startProcess('robotrace')
  const times: number[] = []
  for (let i = 0; i < options.logins; i++) times.push(await logIn(server, address(i)))
  const login_ms = median(times)
  console.log(`  a login: ${login_ms.toFixed(1)} ms (median of ${options.logins})`)
  const terminals = await Promise.all(
    Array.from({ length: options.terminals }, (_, i) => startLogin(server, address(1000 + i))),
  )
  const core_share = await waitTogether(server, terminals, options.seconds)
  console.log(
    `  ${options.terminals} terminals polling every 5 s: ${(core_share * 100).toFixed(1)} % of one core`,
  )
  return { login_ms, core_share_of_1000_terminals: core_share }
}

interface Login {
  device_code: string
  user_code: string
}

async function logIn(server: BenchServer, from: string): Promise<number> {
  const began = performance.now()
  const login = await startLogin(server, from)
  const { user_code } = login
  await portal(server, 'claim', { user_code }, from)
  await portal(server, 'approve', { user_code, organization_id: server.organization_id }, from)
  const polled = await post(server, '/api/cli/auth/poll', { device_code: login.device_code })
  if (!polled.includes('"approved"')) throw new Error(`the login came to nothing: ${polled}`)
  return performance.now() - began
}

async function startLogin(server: BenchServer, from: string): Promise<Login> {
  const text = await post(server, '/api/cli/auth/start', { hostname: 'bench' }, { 'X-Forwarded-For': from })
  // Our own server's answer.
  return JSON.parse(text) as Login
}

/** Every terminal polls once in five seconds, spread evenly, as they do after starting at different moments. */
async function waitTogether(server: BenchServer, terminals: Login[], seconds: number): Promise<number> {
  const cpu = server.cpuSeconds()
  const began = performance.now()
  const per_tick = Math.ceil(terminals.length / 50)
  for (let tick = 0; tick < seconds * 10; tick++) {
    const turn = tick % 50
    const asking = terminals.slice(turn * per_tick, (turn + 1) * per_tick)
    const answers = await Promise.all(
      asking.map(({ device_code }) => post(server, '/api/cli/auth/poll', { device_code })),
    )
    if (answers.some((answer) => !answer.includes('"pending"')))
      throw new Error('a terminal was not told to wait')
    const next = began + (tick + 1) * 100
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
  }
  return (server.cpuSeconds() - cpu) / ((performance.now() - began) / 1000)
}

/** The browser is in the terminal's network: from another one the page would ask for the password. */
function portal(server: BenchServer, procedure: string, input: unknown, from: string): Promise<string> {
  const headers = { Cookie: server.cookie, 'Sec-Fetch-Site': 'same-origin', 'X-Forwarded-For': from }
  return post(server, `/trpc/deviceLogin.${procedure}`, input, headers)
}

/** One request on a kept connection, as terminals and browsers send it. @throws Error for anything but 200 */
function post(
  server: BenchServer,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, server.url),
      { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers } },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () =>
          response.statusCode === 200
            ? resolve(text)
            : reject(new Error(`${path}: ${response.statusCode} ${text}`)),
        )
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

/** A terminal of its own network each: starts are limited per network. */
function address(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
}
