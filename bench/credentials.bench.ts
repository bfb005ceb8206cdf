import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFile } from '../server/project.ts'
import { benchFolder, cpuSecondsOf, firstLine, median, startProcess } from './processes.ts'

/** The peer's packages, which nothing else here needs. */
const PEER = [
  'better-auth@1.7.5',
  '@better-auth/core@1.7.5',
  '@better-auth/api-key@1.7.5',
  '@better-auth/utils@0.4.2',
]

interface Options {
  rounds: number
  seconds: number
  /** How many keys the large database holds beside the one of a thousand. */
  many: number
}

interface Subject {
  url: string
  cpuSeconds: () => number
}

/**
 * How many requests can be told who is asking, over HTTP: by an API key out of a thousand and out of a million, and by
 * an access token. Beside them, in the same run: Express as it comes, and better-auth with its API-key plugin on the
 * same Express and the same SQLite.
 *
 * Counted twice: by the clock, and by the server's processor time, which does not depend on what else the machine has
 * to do but leaves out waiting for the disk. What is written down in the background is part of both.
 */
export async function benchCredentials({ rounds, seconds, many }: Options): Promise<Record<string, number>> {
  await using few = await startProcess('robotrace-keys', 'bundle', ['1000'])
  await using lots = await startProcess('robotrace-keys', 'bundle', [String(many)])
  await using hello = await startProcess('express-get')
  await using peer = await startPeer()
  const subjects: [name: string, server: Subject, credentials: string[]][] = [
    ['express', hello, ['nothing']],
    ['keys_of_1k', few, few.keys],
    ['keys_of_1m', lots, lots.keys],
    ['tokens', few, few.tokens],
    ['better_auth', peer, peer.keys],
  ]
  const [clock, cpu] = [createRates(subjects), createRates(subjects)]
  for (const [, { url }, credentials] of subjects) await load(url, 2, credentials)
  for (let round = 1; round <= rounds; round++) {
    for (const [name, server, credentials] of subjects) {
      const before = server.cpuSeconds()
      const requests = await load(server.url, seconds, credentials)
      clock.add(name, requests / seconds)
      cpu.add(name, requests / (server.cpuSeconds() - before))
    }
    console.log(`  round ${round}: ${clock.last()} requests/s`)
  }
  return {
    keys_per_second: clock.of('keys_of_1k'),
    tokens_per_second: clock.of('tokens'),
    keys_of_express: clock.ratio('keys_of_1k', 'express'),
    keys_of_better_auth: clock.ratio('keys_of_1k', 'better_auth'),
    tokens_of_better_auth: clock.ratio('tokens', 'better_auth'),
    slower_with_1m_keys: clock.ratio('keys_of_1k', 'keys_of_1m'),
    cpu_keys_of_express: cpu.ratio('keys_of_1k', 'express'),
    cpu_keys_of_better_auth: cpu.ratio('keys_of_1k', 'better_auth'),
    cpu_tokens_of_better_auth: cpu.ratio('tokens', 'better_auth'),
    cpu_slower_with_1m_keys: cpu.ratio('keys_of_1k', 'keys_of_1m'),
  }
}

/** What each subject did in each round. Ratios are taken within a round, where the machine was equally busy. */
function createRates(subjects: [name: string, ...unknown[]][]) {
  const rates = new Map(subjects.map(([name]) => [name, [] as number[]]))
  const values = (name: string): number[] => rates.get(name) ?? []
  return {
    add: (name: string, rate: number): void => void values(name).push(rate),
    of: (name: string): number => median(values(name)),
    ratio: (name: string, base: string): number =>
      median(values(name).map((rate, round) => rate / (values(base)[round] ?? Number.NaN))),
    last: (): string => [...rates].map(([name, all]) => `${name} ${all.at(-1)?.toFixed(0)}`).join(', '),
  }
}

/** @returns how many requests were answered, each with the next of these credentials */
async function load(url: string, seconds: number, credentials: string[]): Promise<number> {
  const folder = benchFolder()
  const file = join(folder, 'credentials.json')
  writeFileSync(file, JSON.stringify(credentials))
  const program = ['--import', 'tsx', projectFile('bench/credential-load.ts')]
  const child = spawn(process.execPath, [...program, url, String(seconds), file])
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  await new Promise((resolve) => child.once('exit', resolve))
  rmSync(folder, { recursive: true })
  if (!output) throw new Error(errors)
  return Number(output)
}

/** Installs the peer into a folder that is gone afterwards, and starts it there with a thousand keys. */
async function startPeer(): Promise<AsyncDisposable & Subject & { keys: string[] }> {
  const folder = benchFolder()
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  copyFileSync(projectFile('bench/better-auth-server.mjs'), join(folder, 'server.mjs'))
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...PEER]
  const { status, stderr } = spawnSync('npm', install, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the peer could not be installed: ${stderr}`)
  const child = spawn(process.execPath, ['server.mjs', projectFile('.'), '1000', '1000'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4_000)
  })
  const said = await firstLine(child, () => errors)
  return {
    url: said.url,
    keys: said.keys ?? [],
    cpuSeconds: () => cpuSecondsOf(child.pid),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.stdin.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
