import { Agent, request } from 'node:http'
import { type BenchServer, median, startProcess } from './processes.ts'

/** A fleet of the largest size that has to cost little, and how often each of its robots says that it is there. */
const DEVICES = 10_000
const EVERY_S = 30

/**
 * What does a fleet of 10,000 robots cost that beat every 30 seconds: 334 requests a second, each with a key of its
 * own verified, the body checked, two rows written and an fsync before the answer? The share of one processor that
 * the server uses, beside that of Express as it comes answering the same number of requests with one line of JSON,
 * in the same run.
 */
export async function benchHeartbeats(options: {
  rounds: number
  seconds: number
}): Promise<Record<string, number>> {
  await using robotrace = await startProcess('robotrace-fleet', 'bundle', [String(DEVICES)])
  await using hello = await startProcess('express')
  const keys = robotrace.keys
  const place = `/api/v1/organizations/${robotrace.organization_id}/projects/default/devices`
  const body = JSON.stringify({
    ...{ cpu_usage: 31.5, memory_usage: 48, disk_usage: 71.2, sdk_version: '0.1.0' },
    ...{ backlog_episodes: 2, backlog_bytes: 52_000_000, sent_at: new Date().toISOString() },
  })
  let next = 0
  const beat = (): Promise<number> => {
    const at = next++ % keys.length
    return send(robotrace, `${place}/arm-${at}/heartbeat`, body, { Authorization: `Bearer ${keys[at]}` })
  }
  const subjects = {
    beats: { server: robotrace, send: beat },
    hello: { server: hello, send: () => send(hello, '/', body, {}) },
  }
  const shares: Record<'beats' | 'hello', number[]> = { beats: [], hello: [] }
  const waits: number[] = []
  for (const { send: one } of Object.values(subjects)) await steadily(one, 2)
  for (let round = 1; round <= options.rounds; round++) {
    for (const name of ['beats', 'hello'] as const) {
      const { server, send: one } = subjects[name]
      const before = server.cpuSeconds()
      const answered = await steadily(one, options.seconds)
      shares[name].push((server.cpuSeconds() - before) / options.seconds)
      if (name === 'beats') waits.push(...answered)
    }
    const [beats, bare] = [shares.beats.at(-1) ?? 0, shares.hello.at(-1) ?? 0]
    console.log(`  round ${round}: ${percent(beats)} of one core, bare Express ${percent(bare)}`)
  }
  waits.sort((a, b) => a - b)
  return {
    beats_per_second: DEVICES / EVERY_S,
    core_share: median(shares.beats),
    of_express_hello: median(shares.beats) / median(shares.hello),
    p50_ms: waits[Math.floor(waits.length * 0.5)] ?? Number.NaN,
    p99_ms: waits[Math.floor(waits.length * 0.99)] ?? Number.NaN,
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** Sends at the fleet's rate, whether or not answers come. @returns how long each answer took, milliseconds */
async function steadily(one: () => Promise<number>, seconds: number): Promise<number[]> {
  const pending: Promise<number>[] = []
  const start = performance.now()
  const count = Math.round((DEVICES / EVERY_S) * seconds)
  while (pending.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - start) / 1000) * (DEVICES / EVERY_S)))
    while (pending.length < due) pending.push(one())
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return Promise.all(pending)
}

/** Robots keep their connections: a handshake each half minute would be most of what is measured. */
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

function send(
  { url }: BenchServer,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<number> {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), {
      ...{ method: 'POST', agent },
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers },
    })
    sent.on('response', (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - start)
        else reject(new Error(`${path} answered ${answer.statusCode}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
