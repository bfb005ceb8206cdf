import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { device, type KeyPair, keyPair, projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, type Person, type Tenant, tenant } from '../seed.ts'
import { accessToken, sendJson } from '../token-requests.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SSHD = '/usr/sbin/sshd'

/** Where sshd gives up its rights. */
const PRIVILEGE_SEPARATION = '/run/sshd'

/** A robot: Debian's own sshd on loopback, which asks our command about every key it is offered. */
interface Robot extends AsyncDisposable {
  /** Logs in with real ssh; the exit status, and what a command printed on the robot. */
  ssh: (pair: KeyPair) => Promise<{ status: number; out: string }>
  /** The list it keeps, backdated. */
  ageList: (days: number) => void
  /** What sshd and our command wrote, for when something goes wrong. */
  log: () => string
}

function refuseOtherUsers(): void {
  if (process.getuid?.() === 0 && existsSync(SSHD)) return
  throw new Error(
    'This test starts a real sshd, which asks programs of root alone: run it as root, with openssh-server installed.',
  )
}

async function startRobot(key: string, base_url: string, address: string): Promise<Robot> {
  // sshd runs the command only when nobody but root could have changed it, or any folder above it.
  const folder = mkdtempSync('/run/robotrace-sshd-')
  const made = !existsSync(PRIVILEGE_SEPARATION)
  if (made) mkdirSync(PRIVILEGE_SEPARATION, { mode: 0o755 })
  const port = await freePort()
  writeFileSync(join(folder, 'credentials'), `[default]\napi_key = "${key}"\nbase_url = "${base_url}"\n`, {
    mode: 0o600,
  })
  const cli = `${process.execPath} ${join(ROOT, 'cli/bin.js')} authorized-keys --device ${address}`
  const where = `--credentials ${folder}/credentials --cache ${folder}/cache --timeout 20s`
  writeFileSync(join(folder, 'who'), `#!/bin/sh\nexec ${cli} ${where} "$@" 2>>${folder}/command.log\n`, {
    mode: 0o755,
  })
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host')])
  writeFileSync(join(folder, 'config'), configOf(folder, port))
  const sshd = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = await listening(sshd)
  return {
    ssh: (pair) => ssh(port, pair),
    ageList(days) {
      const [name = ''] = readdirSync(join(folder, 'cache'))
      const kept = JSON.parse(readFileSync(join(folder, 'cache', name), 'utf8'))
      const fetched_at = new Date(Date.parse(kept.fetched_at) - days * 86_400_000).toISOString()
      writeFileSync(join(folder, 'cache', name), JSON.stringify({ ...kept, fetched_at }))
    },
    log: () => `${log()}\n${readFileSync(join(folder, 'command.log'), 'utf8')}`,
    async [Symbol.asyncDispose]() {
      sshd.kill()
      await new Promise((done) => (sshd.exitCode === null ? sshd.once('exit', done) : done(undefined)))
      rmSync(folder, { recursive: true, force: true })
      if (made) rmSync(PRIVILEGE_SEPARATION, { recursive: true, force: true })
    },
  }
}

function configOf(folder: string, port: number): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host
PidFile none
LogLevel VERBOSE
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
AuthorizedKeysCommand ${folder}/who --user %u --fingerprint %f
AuthorizedKeysCommandUser root
`
}

/** Waits until it takes connections. @returns what it has written */
function listening(sshd: ChildProcess): Promise<() => string> {
  let text = ''
  return new Promise((resolve, reject) => {
    sshd.stderr?.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (text.includes('Server listening')) resolve(() => text)
    })
    sshd.once('exit', () => reject(new Error(`sshd did not start: ${text}`)))
  })
}

function ssh(port: number, { file }: KeyPair): Promise<{ status: number; out: string }> {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
  ].flatMap((option) => ['-o', option])
  const who = `${userInfo().username}@127.0.0.1`
  const child = spawn(
    'ssh',
    ['-F', 'none', ...options, '-i', file, '-p', String(port), who, 'echo', 'inside'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part
  })
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status: status ?? -1, out: out.trim() }))
  })
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const address = probe.address()
  await new Promise((done) => probe.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

/** Uploads the public half over REST, then selects it on the device's page. */
async function upload(server: TestServer, at: Tenant, who: Person, pair: KeyPair): Promise<string> {
  const answer = await sendJson(server, 'POST', '/api/v1/user/ssh-keys', await accessToken(server, who), {
    name: 'demokey',
    key_text: pair.public_text,
  })
  const { id } = z.looseObject({ id: z.string() }).parse(await answer.json())
  await portalClient(server, who).fleet.selectDoorKey.mutate({
    ...projectOf(at),
    device: 'arm-7',
    ssh_key_id: id,
  })
  return id
}

const INSIDE = { status: 0, out: 'inside' }
const REFUSED = { status: 255, out: '' }

test('Debian’s sshd lets an uploaded key in, also with the server down for a week, and refuses it from the next contact after its removal on', async () => {
  refuseOtherUsers()
  const data = mkdtempSync(join(tmpdir(), 'robotrace-data-'))
  const port = await freePort()
  const start = () => startTestServer({ PORT: String(port) }, { file: true, data })
  using pair = keyPair()
  using unknown = keyPair()
  let server = await start()
  try {
    const at = await tenant(server)
    const mel = await member(server, at.organization_id, 'member')
    const { key } = await device(server, at)
    await using robot = await startRobot(key, server.url, `${at.organization_id}/default/arm-7`)
    const restart = async () => {
      server = await start()
    }
    const stop = () => server[Symbol.asyncDispose]()

    expect(await robot.ssh(pair)).toEqual(REFUSED)
    let id = await upload(server, at, mel, pair)
    expect(await robot.ssh(pair), robot.log()).toEqual(INSIDE)
    await server.ctx.background.drain()
    const [listed] = await portalClient(server, mel).sshKeys.list.query()
    expect(listed?.last_used_at).toMatch(/^\d{4}-/)

    await stop()
    robot.ageList(7)
    expect(await robot.ssh(pair), robot.log()).toEqual(INSIDE)
    expect(await robot.ssh(unknown)).toEqual(REFUSED)

    await restart()
    await portalClient(server, mel).sshKeys.remove.mutate({ id })
    expect(await robot.ssh(pair)).toEqual(REFUSED)
    await stop()
    expect(await robot.ssh(pair)).toEqual(REFUSED)

    await restart()
    id = await upload(server, at, mel, pair)
    expect(await robot.ssh(pair), robot.log()).toEqual(INSIDE)
    await server.ctx.db.deleteFrom('members').where('account_id', '=', mel.caller.account_id).execute()
    expect(await robot.ssh(pair)).toEqual(REFUSED)
    await stop()
    expect(await robot.ssh(pair)).toEqual(REFUSED)
  } finally {
    await server[Symbol.asyncDispose]()
    rmSync(data, { recursive: true, force: true })
  }
}, 300_000)
