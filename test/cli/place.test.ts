import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestServer } from '../harness.ts'
import { everywhereKey, personalKey } from '../personal-credentials.ts'
import { KEY } from '../sdk/wire-server.ts'
import { tenant } from '../seed.ts'
import { makeHome } from './home.ts'
import { known, startLoginServer } from './login-server.ts'

const shown = z.object({
  organization: z.string(),
  organization_source: z.string(),
  project: z.string(),
  project_source: z.string(),
})

/** A key of somebody who is in two organizations, so that every name counts. */
const everywhere = known({
  kind: 'personal_key',
  client_id: null,
  organization: null,
  organizations: [
    { id: '1', slug: 'acme', name: 'Acme', role: 'member' },
    { id: '2', slug: 'lab', name: 'Lab', role: 'member' },
  ],
  scopes: null,
})

describe('where commands act', () => {
  test('flags win over variables, these over the folder, that over what was saved, that over the key', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ whoami: { status: 200, json: known() } })
    home.save(`[default]\napi_key = "${KEY}"\nbase_url = "${server.url}"\n`)
    const cwd = join(home.folder, 'a', 'b')
    mkdirSync(cwd, { recursive: true })
    const ask = async (line: string, env: Record<string, string> = {}) => {
      const { host } = await home.robotrace(`context ${line}`.trim(), { cwd, env })
      return shown.parse(JSON.parse(host.stdout()))
    }
    expect(await ask('')).toMatchObject({
      organization: 'halcyon',
      project: 'default',
      project_source: 'your key',
    })
    writeFileSync(
      join(home.folder, '.robotrace', 'context.toml'),
      '[default]\norganization = "halcyon"\nproject = "saved"\n[staging]\nproject = "other"\n',
    )
    expect(await ask('')).toMatchObject({ project: 'saved', project_source: '~/.robotrace/context.toml' })
    writeFileSync(join(home.folder, 'a', '.robotrace.toml'), 'project = "folder"\n')
    expect(await ask('')).toMatchObject({
      project: 'folder',
      project_source: join(home.folder, 'a', '.robotrace.toml'),
    })
    writeFileSync(join(cwd, '.robotrace.toml'), 'project = "nearest"\n')
    expect(await ask('')).toMatchObject({ project: 'nearest' })
    const env = { ROBOTRACE_PROJECT: 'variable' }
    expect(await ask('', env)).toMatchObject({ project: 'variable', project_source: 'ROBOTRACE_PROJECT' })
    expect(await ask('--project flag', env)).toMatchObject({ project: 'flag', project_source: '--project' })
  })

  test('a project that stands beside another organization than the chosen one is not meant', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ whoami: { status: 200, json: everywhere } })
    home.save(`[default]\napi_key = "${KEY}"\nbase_url = "${server.url}"\n`)
    writeFileSync(join(home.folder, '.robotrace.toml'), 'organization = "acme"\nproject = "warehouse"\n')
    const place = async (line: string) =>
      (await home.robotrace(`context --output ids ${line}`.trim())).host.stdout()
    expect(await place('')).toBe('acme/warehouse\n')
    expect(await place('--org lab')).toBe('lab/default\n')
    expect(await place('--org acme')).toBe('acme/warehouse\n')
    expect(await place('--org lab --project arms')).toBe('lab/arms\n')
  })

  test('a key that is good for several organizations has to be told, with the line that does', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ whoami: { status: 200, json: everywhere } })
    home.save(`[default]\napi_key = "${KEY}"\nbase_url = "${server.url}"\n`)
    const { status, host } = await home.robotrace('device list')
    expect(status).toBe(2)
    expect(host.stderr()).toContain('several organizations: acme, lab.\nTry: `--org acme`')
  })

  test.each([
    ['organization = "../x"', 'organization in'],
    ['organization = 5', 'organization in'],
    ['= broken', 'cannot be read as TOML'],
  ])('a folder file that says %s is an error, not somewhere else', async (text, said) => {
    using home = makeHome()
    home.save(`[default]\napi_key = "${KEY}"\nbase_url = "http://localhost:1"\n`)
    writeFileSync(join(home.folder, '.robotrace.toml'), `${text}\n`)
    const { status, host } = await home.robotrace('device list')
    expect(status).toBe(2)
    expect(host.stderr()).toContain(said)
  })

  test('a folder file can name neither a key nor a deployment', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    await using evil = await startLoginServer()
    home.save(`[default]\napi_key = "${KEY}"\nbase_url = "${server.url}"\n`)
    writeFileSync(
      join(home.folder, '.robotrace.toml'),
      `base_url = "${evil.url}"\napi_key = "x"\nproject = "p"\n`,
    )
    await home.robotrace('context')
    expect(evil.arrived).toEqual([])
    expect(server.arrived.length).toBe(1)
  })

  test('what is saved belongs to its profile, is private, and ends with logout', async () => {
    using home = makeHome()
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { key } = await everywhereKey(server, owner, 'laptop')
    const profile = `api_key = "${key}"\nbase_url = "${server.url}"\n`
    home.save(`[default]\n${profile}[other]\n${profile}`)
    const saved = await home.robotrace(`context set --org ${organization_id} --project default`)
    expect([saved.status, saved.host.stdout()]).toEqual([0, ''])
    const path = join(home.folder, '.robotrace', 'context.toml')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const of = async (flags: string) => (await home.robotrace(`context ${flags}`.trim())).host.stdout()
    expect(await of('')).toContain('context.toml')
    expect(await of('--profile other')).not.toContain('context.toml')
    await home.robotrace('logout')
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  })
})

describe('what a command without the right says', () => {
  test('is the line that gets it, and keeps the rights there were', async () => {
    using home = makeHome()
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { key } = await personalKey(server, owner, organization_id)
    home.save(`[rig]\napi_key = "${key}"\nbase_url = "${server.url}"\nscopes = "keys:manage"\n`)
    const { status, host } = await home.robotrace('device register --name arm-7 --profile rig')
    expect(status).toBe(1)
    expect(host.stderr()).toContain(
      'Try: run `robotrace login --scope keys:manage --scope fleet:write --profile rig`',
    )
  })

  test('of a dead key is how to sign in again, with exit status 4', async () => {
    using home = makeHome()
    await using server = await startTestServer()
    home.save(`[default]\napi_key = "${KEY}"\nbase_url = "${server.url}"\n`)
    const { status, host } = await home.robotrace('device list')
    expect([status, host.stderr().includes('Try: run `robotrace login --force`')]).toEqual([4, true])
    const env = { ROBOTRACE_API_KEY: KEY, ROBOTRACE_BASE_URL: server.url }
    using bare = makeHome()
    const other = await bare.robotrace('device list', { env })
    expect(other.host.stderr()).toContain('set another ROBOTRACE_API_KEY')
    const rbtk = await bare.robotrace('device list', {
      program: 'rbtk',
      env: { ROBOTICKS_API_KEY: KEY, ROBOTRACE_BASE_URL: server.url },
    })
    expect(rbtk.host.stderr()).toContain('set another ROBOTICKS_API_KEY, or remove it and run `rbtk login`')
  })
})
