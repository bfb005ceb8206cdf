import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Client, type EnrolledDevice, enrollDevice } from '../sdk/mod.ts'
import type { MadeEnrolmentToken } from '../sdk/wire.ts'

/**
 * A fleet that is not there: so many robots enrol with one token and beat every 30 seconds, each at a moment of its
 * own, while some of them log episodes. Real requests over a real network, in real time.
 *
 *   npm run simulate                                           against a demo that it starts and ends
 *   npm run simulate -- --devices 1000 --seconds 60
 *   ROBOTRACE_ENROLMENT_TOKEN=rte_… npm run simulate -- --url https://robotrace.example.org
 */
const USAGE =
  'Usage: npm run simulate -- [--devices 1000] [--seconds 60] [--every 30] [--url URL] [--pid PID]'

/** So many ask to be let in at the same moment. */
const ENROL_AT_ONCE = 32

/** One robot in so many logs an episode each half minute. */
const RECORDING = 10

interface Tally {
  waits: number[]
  errors: string[]
}

interface Target extends AsyncDisposable {
  url: string
  token: string
  /** Of the server, when it runs on this machine. */
  pid: number | undefined
}

async function simulate(): Promise<void> {
  const { devices, seconds, every, url, pid } = readFlags()
  await using target = await (url === undefined ? startDemo(devices) : given(url, pid))
  const tallies = { enrol: tally(), beat: tally(), episode: tally() }
  console.log(`${devices} robots enrol at ${target.url} …`)
  const cpu = () => (target.pid === undefined ? undefined : cpuSeconds(target.pid))
  const [enrol_start, enrol_cpu] = [performance.now(), cpu()]
  const robots = await enrolAll(target, devices, tallies.enrol)
  report('enrolments', tallies.enrol, since(enrol_start), enrol_cpu, cpu())
  const clients = robots.map(({ api_key }) => new Client({ api_key, base_url: target.url, verbose: false }))
  console.log(`${clients.length} robots beat every ${every} s for ${seconds} s …`)
  const [start, before] = [performance.now(), cpu()]
  const until = start + seconds * 1000
  await Promise.all(clients.map((client, nth) => live(client, { nth, every, until, tallies })))
  const [took, after] = [since(start), cpu()]
  report('heartbeats', tallies.beat, took, before, after)
  report('episodes', tallies.episode, took, undefined, undefined)
  await tellOnline(clients[0])
}

/** One robot: it begins at a moment of its own, and then beats with a tenth of jitter. */
async function live(
  client: Client,
  to: { nth: number; every: number; until: number; tallies: { beat: Tally; episode: Tally } },
): Promise<void> {
  await pause(Math.random() * to.every * 1000)
  while (performance.now() < to.until) {
    const cpu_usage = 20 + 60 * Math.random()
    await timed(to.tallies.beat, () => client.heartbeat({ cpu_usage, memory_usage: 48, disk_usage: 71 }))
    if (to.nth % RECORDING === 0) {
      await timed(to.tallies.episode, () =>
        client.logEpisode({ name: 'simulated', source: 'sim', duration_s: 1 }),
      )
    }
    const wait = to.every * 1000 * (0.9 + 0.2 * Math.random())
    await pause(Math.min(wait, Math.max(0, to.until - performance.now())))
  }
}

async function enrolAll({ url, token }: Target, count: number, to: Tally): Promise<EnrolledDevice[]> {
  const run = randomBytes(3).toString('hex')
  const robots: EnrolledDevice[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const name = `sim-${run}-${String(next++).padStart(5, '0')}`
      const made = await timed(to, () => enrollDevice({ token, base_url: url, name, type: 'simulated' }))
      if (made) robots.push(made)
    }
  }
  await Promise.all(Array.from({ length: ENROL_AT_ONCE }, worker))
  return robots
}

async function timed<Result>(to: Tally, work: () => Promise<Result>): Promise<Result | undefined> {
  const start = performance.now()
  try {
    const result = await work()
    to.waits.push(performance.now() - start)
    return result
  } catch (error) {
    to.errors.push(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

const tally = (): Tally => ({ waits: [], errors: [] })
const since = (start: number): number => (performance.now() - start) / 1000
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function report(
  what: string,
  { waits, errors }: Tally,
  seconds: number,
  before: number | undefined,
  after: number | undefined,
): void {
  const sorted = [...waits].sort((a, b) => a - b)
  const at = (share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0)} ms`
  const cpu =
    before === undefined || after === undefined
      ? ''
      : `, server CPU ${(after - before).toFixed(1)} s (${(((after - before) / seconds) * 100).toFixed(0)} % of one core)`
  console.log(
    `  ${sorted.length} ${what} in ${seconds.toFixed(1)} s, ${errors.length} errors, p50 ${at(0.5)}, p99 ${at(0.99)}${cpu}`,
  )
  for (const error of [...new Set(errors)].slice(0, 5)) console.log(`    ${error}`)
}

/** What a device may read is itself, so each answers for itself; the first one is asked. */
async function tellOnline(client: Client | undefined): Promise<void> {
  for await (const { name, status } of client?.listDevices() ?? []) console.log(`  ${name} is ${status}`)
}

function readFlags(): {
  devices: number
  seconds: number
  every: number
  url: string | undefined
  pid: number | undefined
} {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: { devices: text, seconds: text, every: text, url: text, pid: text },
  })
  const number = (value: string | undefined, usual: number): number => {
    const read = value === undefined ? usual : Number(value)
    if (Number.isFinite(read) && read > 0) return read
    throw new Error(`${value} is not a number greater than 0.\n${USAGE}`)
  }
  return {
    devices: number(values.devices, 1_000),
    seconds: number(values.seconds, 60),
    every: number(values.every, 30),
    url: values.url,
    pid: values.pid === undefined ? undefined : number(values.pid, 0),
  }
}

function given(url: string, pid: number | undefined): Target {
  const token = process.env.ROBOTRACE_ENROLMENT_TOKEN
  if (!token) {
    throw new Error(
      'Set ROBOTRACE_ENROLMENT_TOKEN to an enrolment token with enough uses (portal → Devices).',
    )
  }
  return { url, token, pid, [Symbol.asyncDispose]: async () => {} }
}

/** A demo of its own, with a token that lets all of them in. */
async function startDemo(uses: number): Promise<Target> {
  const demo = fileURLToPath(new URL('demo.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', demo, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Thousands of log lines would hide what is reported here; why it did not start is among the last ones.
  let last = ''
  child.stderr.on('data', (chunk) => {
    last = `${last}${chunk}`.slice(-2_000)
  })
  const { url, email, password, client_id } = await saidBy(child, () => last)
  const { access_token } = await post<{ access_token: string }>(`${url}/api/v1/auth/login`, undefined, {
    ...{ email, password },
  })
  const path = `${url}/api/v1/organizations/${client_id}/projects/default/enrolment-tokens`
  const { token } = await post<MadeEnrolmentToken>(path, access_token, { label: 'simulated fleet', uses })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    ...{ url, token, pid: child.pid },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

interface Said {
  url: string
  email: string
  password: string
  client_id: string
}

async function saidBy(child: ChildProcess, last: () => string): Promise<Said> {
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      // The one line of our own demo.
      if (line.startsWith('{')) return JSON.parse(line) as Said
    }
  }
  throw new Error(`The demo did not start: ${last()}`)
}

async function post<Answer>(url: string, token: string | undefined, body: object): Promise<Answer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  // The server holds its answers to the wire's types at compile time.
  return (await answer.json()) as Answer
}

/** User and system time are the 14th and 15th field; ticks are hundredths of a second on every Linux we know. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

simulate().catch((error: unknown) => {
  console.error(`Error: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
})
