import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readConfig } from '../server/config.ts'
import { type RunningServer, startServer } from '../server/serve.ts'
import { buildIfStale } from './build.ts'
import { beatAll, enrolFleet, liveADay, logFleetEpisodes } from './fleet.ts'
import { type LoggedEpisode, logSampleEpisodes, type SeededOrganization, seedOrganization } from './seed.ts'

/**
 * The whole thing in a minute: a server on a folder of its own, an account, a fleet that beats, recordings logged through
 * the SDK over HTTP, and links to watch them.
 *
 *   npm run demo
 *   npm run demo -- --port 3210 --json      one JSON line on standard output once it is ready
 */
const USAGE = `Usage: npm run demo -- [--port 3000] [--json]`

/** The robots of the demo are alive for as long as it runs. */
const BEAT_MS = 30_000

async function demo(): Promise<void> {
  const { port, json } = readFlags()
  process.umask(0o077)
  const say = json ? (text: string) => console.error(text) : (text: string) => console.log(text)
  say('Building the portal …')
  await buildIfStale()
  const data = newFolder()
  const server = await startServer(
    readConfig({ PORT: port, ROBOTRACE_DATA: data, ROBOTRACE_LOG_LEVEL: json ? 'info' : 'warn' }).config,
    { master: undefined, previous: undefined },
  )
  stopWith(server, say, data)
  const seeded = await seedOrganization(server.ctx, {
    email: 'demo@lab.example',
    password: randomBytes(9).toString('base64url'),
  })
  say('Enrolling a small fleet …')
  const robots = await enrolFleet(server.ctx, seeded)
  await liveADay(server.ctx, robots)
  say('Recording episodes …')
  await logFleetEpisodes(server.url, seeded, robots)
  const episodes = await logSampleEpisodes(server.url, seeded.api_key)
  const beat = () => void beatAll(server.url, seeded, robots).catch(() => {})
  beat()
  setInterval(beat, BEAT_MS).unref()
  const { caller: _, ...entry } = seeded
  if (json) console.log(JSON.stringify({ url: server.url, ...entry, data, episodes }))
  else console.log(welcome(server.url, data, seeded, episodes))
}

function readFlags(): { port: string; json: boolean } {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string', default: '3000' }, json: { type: 'boolean', default: false } },
    })
    return values
  } catch (error) {
    console.error(`Error: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}

/** A folder of its own for each demo: real data is never near it, and two demos do not meet. */
function newFolder(): string {
  const folder = fileURLToPath(new URL('../.demo', import.meta.url))
  mkdirSync(folder, { recursive: true })
  return mkdtempSync(join(folder, `${new Date().toISOString().slice(0, 10)}-`))
}

function welcome(
  url: string,
  data: string,
  { email, password, api_key }: SeededOrganization,
  episodes: LoggedEpisode[],
): string {
  const links = episodes.map((episode) => `    ${episode.status.padEnd(8)} ${link(episode.url)}`).join('\n')
  return `
  RoboTrace is running at ${link(url)}

    E-mail    ${email}
    Password  ${password}
    API key   ${api_key}

  Episodes
${links}

  Data is kept in ${data}
  Ctrl-C stops the server.
`
}

/** Clickable in terminals that know OSC 8, plain text everywhere else. */
function link(url: string): string {
  return process.stdout.isTTY && process.env.TERM !== 'dumb'
    ? `\u001b]8;;${url}\u001b\\${url}\u001b]8;;\u001b\\`
    : url
}

function stopWith(server: RunningServer, say: (text: string) => void, data: string): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say(`\nStopping. The recordings stay in ${data}`)
      server[Symbol.asyncDispose]().then(() => process.exit(0))
    })
  }
}

demo().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  const taken = message.includes('EADDRINUSE')
  console.error(`Error: ${message}${taken ? '\nTry: npm run demo -- --port 3210' : ''}`)
  process.exit(1)
})
