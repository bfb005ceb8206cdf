import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Client } from '../../sdk/mod.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { type Home, makeHome } from './home.ts'

const VIDEO = Buffer.from('mp4 '.repeat(50_000))

interface Stage extends AsyncDisposable {
  server: TestServer
  home: Home
  id: string
  client: Client
  run: (line: string, options?: Parameters<Home['robotrace']>[1]) => ReturnType<Home['robotrace']>
}

/** An episode with a video, and a home that is signed in. */
async function stage(): Promise<Stage> {
  const server = await startTestServer()
  const home = makeHome()
  const { api_key } = await tenant(server)
  home.save(`[default]\napi_key = "${api_key}"\nbase_url = "${server.url}"\n`)
  const client = new Client({ api_key, base_url: server.url, verbose: false })
  const { id } = await client.logEpisode({ video: new Blob([VIDEO]) })
  return {
    server,
    home,
    id,
    client,
    run: (line, options) => home.robotrace(line, { cwd: home.folder, ...options }),
    async [Symbol.asyncDispose]() {
      home[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

const partOf = (id: string): string =>
  `${id}-video.mp4.${createHash('sha256').update(VIDEO).digest('hex').slice(0, 12)}.part`

test('a download goes on where it broke off, and what comes is compared with the checksum', async () => {
  await using on = await stage()
  const path = join(on.home.folder, `${on.id}-video.mp4`)
  writeFileSync(join(on.home.folder, partOf(on.id)), VIDEO.subarray(0, 150_000))
  const { status, host } = await on.run(`episode download ${on.id}`)
  expect(status).toBe(0)
  expect(host.stderr()).toContain('went on at 150 kB')
  expect(readFileSync(path).equals(VIDEO)).toBe(true)
  expect(readdirSync(on.home.folder).filter((name) => name.endsWith('.part'))).toEqual([])
})

test('a damaged download is removed and never gets its name', async () => {
  await using on = await stage()
  writeFileSync(join(on.home.folder, partOf(on.id)), Buffer.alloc(150_000))
  const { status, host } = await on.run(`episode download ${on.id}`)
  expect(status).toBe(1)
  expect(host.stderr()).toContain('arrived damaged')
  expect(readdirSync(on.home.folder).filter((name) => name.startsWith('ep_'))).toEqual([])
  expect((await on.run(`episode download ${on.id}`)).status).toBe(0)
})

test('a download replaces nothing without --force, and writes through no link', async () => {
  await using on = await stage()
  const path = join(on.home.folder, `${on.id}-video.mp4`)
  const precious = join(on.home.folder, 'precious')
  writeFileSync(precious, 'mine')
  symlinkSync(precious, path)
  expect((await on.run(`episode download ${on.id}`)).status).toBe(2)
  symlinkSync(precious, join(on.home.folder, partOf(on.id)))
  expect((await on.run(`episode download ${on.id} --force`)).status).toBe(0)
  expect(readFileSync(precious, 'utf8')).toBe('mine')
  expect(readFileSync(path).equals(VIDEO)).toBe(true)
})

test('Ctrl-C during a download says what is kept, and 130', async () => {
  await using on = await stage()
  writeFileSync(join(on.home.folder, partOf(on.id)), VIDEO.subarray(0, 150_000))
  const { status, host } = await on.run(`episode download ${on.id}`, {
    columns: 80,
    env: { TERM: 'xterm' },
    on_write: (text, world) => text.includes('━') && world.interrupt(130),
  })
  expect([status, existsSync(join(on.home.folder, partOf(on.id)))]).toEqual([130, true])
  expect(host.stderr()).toMatch(/Canceled\. \d+ kB are kept; the same command goes on from there\./)
  expect((await on.run(`episode download ${on.id}`)).status).toBe(0)
})

test('Ctrl-C during an upload ends the episode as failed and says what arrived', async () => {
  await using on = await stage()
  for (const name of ['run.mp4', 'run.npz']) writeFileSync(join(on.home.folder, name), VIDEO)
  const { status, host } = await on.run('episode log --video run.mp4 --sensors run.npz', {
    on_write: (text, world) => text.includes('✓ video') && world.interrupt(130),
  })
  expect(status).toBe(130)
  const id = /Episode (ep_\w+) is kept as failed: video arrived, sensors did not\./.exec(host.stderr())?.[1]
  const episode = await on.client.getEpisode(id ?? '')
  expect(episode).toMatchObject({ status: 'failed', metadata: { failure_reason: 'the upload was canceled' } })
  expect(episode.artifacts.map(({ kind }) => kind)).toEqual(['video'])
})

test('progress is a line that never wraps, on a terminal alone', async () => {
  await using on = await stage()
  writeFileSync(join(on.home.folder, 'run.mp4'), VIDEO)
  for (const columns of [20, 40, 80]) {
    const { host } = await on.run('episode log --video run.mp4', { columns, env: { TERM: 'xterm' } })
    const lines = [...host.stderr().matchAll(/\r\u001b\[2K([^\r\n]*)/g)].map(([, line = '']) =>
      line.replace(/\u001b\[\d+m/g, ''),
    )
    expect(lines.join('')).toContain('video')
    for (const line of lines.filter((one) => !one.startsWith('✓'))) expect(line.length).toBeLessThan(columns)
  }
  for (const more of [{}, { columns: 80, env: { NO_COLOR: '1' } }]) {
    expect((await on.run('episode log --video run.mp4', more)).host.stderr()).not.toContain('\r')
  }
  const { host } = await on.run('episode log --video run.mp4 --quiet')
  expect(host.stderr()).toBe('')
})

test('the commit of the working folder goes along, and that it was changed since', async () => {
  await using on = await stage()
  const { execFileSync } = await import('node:child_process')
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@lab.example', ...args], {
      cwd: on.home.folder,
      encoding: 'utf8',
    }).trim()
  writeFileSync(join(on.home.folder, 'policy.py'), 'a')
  git('init', '-q')
  // What a repository would have run when it is looked at must not run.
  git('config', 'core.fsmonitor', `touch ${on.home.folder}/ran; false`)
  git('-c', 'core.fsmonitor=false', 'add', 'policy.py')
  git('-c', 'core.fsmonitor=false', 'commit', '-q', '-m', 'a')
  const sha = git('rev-parse', 'HEAD')
  rmSync(join(on.home.folder, 'ran'), { force: true })
  const logged = async (line: string) => {
    const { host } = await on.run(`episode log --output ids ${line}`.trim())
    const { git_sha, metadata } = await on.client.getEpisode(host.stdout().trim())
    return { git_sha, metadata }
  }
  expect(await logged('')).toEqual({ git_sha: sha, metadata: {} })
  writeFileSync(join(on.home.folder, 'policy.py'), 'b')
  expect(await logged('')).toEqual({ git_sha: sha, metadata: { git_dirty: true } })
  expect(await logged('--no-git')).toEqual({ git_sha: null, metadata: {} })
  expect(await logged('--git-sha v3')).toEqual({ git_sha: 'v3', metadata: {} })
  expect(existsSync(join(on.home.folder, 'ran'))).toBe(false)
})
