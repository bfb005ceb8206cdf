import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { NODE, WORKSHOP } from '../scripts/binary/workshop.ts'
import { SCHEMA_VERSION } from '../server/db/open.ts'
import { projectFile } from '../server/project.ts'
import { openFilled } from './lists.bench.ts'
import { benchFolder, cpuSecondsOf, median, memoryOf } from './processes.ts'

/** One way to run the server. */
interface Program {
  name: string
  command: string[]
}

/** On what it is started. */
interface Ground {
  data: string
  home: string
}

/**
 * How long does it take from starting the program to its first answer, out of the single executable and from Node with
 * the bundle and its packages beside it? On an empty installation, on one with so many episodes, and the first time of
 * all, when the executable unpacks. And how much memory does it hold, at its first answer and when nobody has asked
 * anything for a while?
 */
export async function benchStart(options: {
  rounds: number
  episodes: number
  idle_seconds: number
}): Promise<Record<string, number>> {
  const folder = benchFolder()
  try {
    const programs = programsIn(folder)
    const ground = { data: join(folder, 'data'), home: join(folder, 'home') }
    mkdirSync(ground.home)
    const results: Record<string, number> = { ...sizes() }
    Object.assign(results, await compare('empty,', programs, ground, options.rounds))
    Object.assign(results, await firstTime(programs, folder, options.rounds))
    const filled = { ...ground, data: await filledFolder(options.episodes) }
    Object.assign(results, await compare(`${options.episodes} episodes,`, programs, filled, options.rounds))
    Object.assign(results, await memory(programs, filled, options.idle_seconds))
    return results
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function programsIn(folder: string): Program[] {
  const bundle = projectFile('dist/robotrace.js')
  return [
    { name: 'one file', command: [projectFile('dist/robotrace'), 'serve'] },
    { name: 'bundle on Node 24', command: [NODE, withNewerAddon(folder), 'serve'] },
    {
      name: `bundle on Node ${process.versions.node.split('.')[0]}`,
      command: [process.execPath, bundle, 'serve'],
    },
  ]
}

/** The bundle beside the same packages, but for the addon, which is built for one Node: there the newer one lies. */
function withNewerAddon(folder: string): string {
  const root = join(folder, 'node24')
  mkdirSync(join(root, 'dist'), { recursive: true })
  mkdirSync(join(root, 'node_modules'))
  for (const name of ['schema.sql', 'package.json', 'docs', 'dist/portal', 'dist/reference']) {
    symlinkSync(projectFile(name), join(root, name))
  }
  for (const name of readdirSync(projectFile('node_modules'))) {
    const source = name === 'better-sqlite3' ? join(WORKSHOP, name) : projectFile(`node_modules/${name}`)
    symlinkSync(source, join(root, 'node_modules', name))
  }
  // Copied: Node looks for packages from where a file really lies.
  cpSync(projectFile('dist/robotrace.js'), join(root, 'dist/robotrace.js'))
  return join(root, 'dist/robotrace.js')
}

function sizes(): Record<string, number> {
  const file = projectFile('dist/robotrace')
  const mb = statSync(file).size / 1e6
  const mb_gz = gzipSync(readFileSync(file), { level: 6 }).length / 1e6
  console.log(`  one file: ${mb.toFixed(1)} MB, ${mb_gz.toFixed(1)} MB gzipped`)
  return { mb, mb_gz }
}

/** In turns, so that all see the same machine. */
async function compare(
  label: string,
  programs: Program[],
  ground: Ground,
  rounds: number,
): Promise<Record<string, number>> {
  const times = new Map<string, number[]>()
  const work = new Map<string, number[]>()
  // The first round warms the disk's cache, and makes or upgrades the database.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command } of programs) {
      const [ms, cpu] = await started(
        command,
        ground,
        ({ pid }, took) => [took, cpuSecondsOf(pid) * 1000] as const,
      )
      if (round === 0) continue
      times.set(name, [...(times.get(name) ?? []), ms])
      work.set(name, [...(work.get(name) ?? []), cpu])
    }
  }
  return { ...tell(`${label} start`, 'ms', times), ...tell(`${label} start, processor`, 'ms', work) }
}

/** A new home each time. */
async function firstTime(
  programs: Program[],
  folder: string,
  rounds: number,
): Promise<Record<string, number>> {
  const [binary] = programs
  const times: number[] = []
  for (let round = 0; binary && round < rounds; round++) {
    const ground = { data: join(folder, `data-${round}`), home: join(folder, `home-${round}`) }
    mkdirSync(ground.home)
    times.push(await started(binary.command, ground, (_child, took) => took))
  }
  return tell('first start', 'ms', new Map([['one file', times]]))
}

async function memory(programs: Program[], ground: Ground, seconds: number): Promise<Record<string, number>> {
  const at_start = new Map<string, number[]>()
  const idle = new Map<string, number[]>()
  // Without the pages of programs and files, which the system takes back when it needs them.
  const own = new Map<string, number[]>()
  for (const { name, command } of programs) {
    await started(command, ground, async ({ pid }) => {
      at_start.set(name, [memoryOf(pid, 'VmRSS')])
      await wait(seconds * 1000)
      idle.set(name, [memoryOf(pid, 'VmRSS')])
      own.set(name, [memoryOf(pid, 'RssAnon')])
    })
  }
  return {
    ...tell('memory at start', 'MiB', at_start),
    ...tell(`memory idle ${seconds} s`, 'MiB', idle),
    ...tell(`memory idle ${seconds} s, anonymous`, 'MiB', own),
  }
}

/** Prints a row for each program with its ratio to the first. */
function tell(label: string, unit: string, measured: ReadonlyMap<string, number[]>): Record<string, number> {
  const results: Record<string, number> = {}
  const first = median([...measured.values()][0] ?? [])
  for (const [name, values] of measured) {
    const middle = median(values)
    results[`${label}, ${name}`] = middle
    console.log(
      `  ${label}, ${name}: ${middle.toFixed(0)} ${unit} (${(middle / first).toFixed(2)} of one file)`,
    )
  }
  return results
}

/** Starts a server, waits for its first answer, and stops it after a look at it. */
async function started<Seen>(
  [command = '', ...args]: string[],
  { data, home }: Ground,
  look: (child: ChildProcess, took_ms: number) => Seen | Promise<Seen>,
): Promise<Seen> {
  const port = await freePort()
  const env = { PORT: String(port), ROBOTRACE_DATA: data, HOME: home }
  const began = performance.now()
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4_000)
  })
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${said}`)
      await wait(1)
    }
    return await look(child, performance.now() - began)
  } finally {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGTERM')) await ended
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ port, host: '127.0.0.1', path: '/healthz', agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200))
    })
    asked.on('error', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}

/** Kept from run to run: filling it takes minutes. */
async function filledFolder(episodes: number): Promise<string> {
  const folder = projectFile(`.cache/bench/filled-${episodes}-schema-${SCHEMA_VERSION}`)
  if (existsSync(folder)) return folder
  const unfinished = `${folder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const { ctx } = await openFilled(join(unfinished, 'robotrace.db'), { devices: 1_000, episodes })
  await ctx.db.destroy()
  renameSync(unfinished, folder)
  return folder
}
