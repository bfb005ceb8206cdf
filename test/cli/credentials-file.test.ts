import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { listProfiles, readProfile } from '../../sdk/host/credentials.ts'
import { removeProfile, saveProfile } from '../../sdk/host/write-credentials.ts'
import { ConfigurationError } from '../../sdk/mod.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { RUNTIMES } from '../runtimes/run.ts'
import { makeHome } from './home.ts'

const ONE = {
  api_key: makeKey().key,
  base_url: 'https://app.robotrace.dev',
  client_id: '9f8e7d00-0000-4000-8000-00000000c1a2',
  user_email: 'art@robotrace.dev',
  written_at: '2026-05-04T20:08:14Z',
}
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('how it is written', () => {
  test('byte for byte as the documentation shows it', async () => {
    using home = makeHome()
    await saveProfile('default', { ...ONE }, home.credentials, '~/.robotrace/credentials')
    expect(home.read()).toBe(`# ~/.robotrace/credentials
# managed by \`robotrace login\` — do not commit.
[default]
api_key = "${ONE.api_key}"
base_url = "https://app.robotrace.dev"
client_id = "9f8e7d00-0000-4000-8000-00000000c1a2"
user_email = "art@robotrace.dev"
written_at = "2026-05-04T20:08:14Z"
`)
  })

  test('0600 in a folder of 0700, under umask 000 and where both stood open before', async () => {
    using home = makeHome()
    const folder = join(home.folder, '.robotrace')
    mkdirSync(folder)
    writeFileSync(home.credentials, '[old]\napi_key = "rt_x"\n')
    chmodSync(folder, 0o777)
    chmodSync(home.credentials, 0o666)
    const umask = process.umask(0)
    try {
      await saveProfile('default', ONE, home.credentials)
      expect([mode(folder), mode(home.credentials)]).toEqual(['700', '600'])
      await removeProfile('old', home.credentials)
      expect([mode(folder), mode(home.credentials)]).toEqual(['700', '600'])
      expect(readdirSync(folder)).toEqual(['credentials'])
    } finally {
      process.umask(umask)
    }
  })

  test('other profiles, members nobody knows and the notation stay', async () => {
    using home = makeHome()
    home.save(
      'version = 2\n[prod]\napi_key = "rt_prod"\nregion = "eu"\n[prod.limits]\nper_minute = 9007199254740993\n',
    )
    await saveProfile('default', ONE, home.credentials)
    await saveProfile('prod', { api_key: 'rt_new' }, home.credentials)
    expect(home.read()).toContain('region = "eu"')
    expect(home.read()).toContain('per_minute = 9007199254740993')
    expect(home.read()).toContain('version = 2')
    expect([...listProfiles(home.credentials).keys()].sort()).toEqual(['default', 'prod'])
    expect(readProfile('prod', home.credentials)?.api_key).toBe('rt_new')
  })

  test('a file in the JSON form, which Python 3.10 can read, stays one', async () => {
    using home = makeHome()
    home.save(JSON.stringify({ staging: { api_key: 'rt_staging' } }))
    await saveProfile('default', ONE, home.credentials)
    expect(JSON.parse(home.read())).toEqual({ staging: { api_key: 'rt_staging' }, default: ONE })
    expect(readProfile('default', home.credentials)).toEqual(ONE)
  })

  test('the last profile takes the file and its folder along, unless something else lives there', async () => {
    using home = makeHome()
    await saveProfile('default', ONE, home.credentials)
    expect(await removeProfile('staging', home.credentials)).toBe(false)
    expect(await removeProfile('default', home.credentials)).toBe(true)
    expect(existsSync(join(home.folder, '.robotrace'))).toBe(false)
    expect(await removeProfile('default', home.credentials)).toBe(false)
    await saveProfile('default', ONE, home.credentials)
    writeFileSync(join(home.folder, '.robotrace', 'notes'), 'mine')
    await removeProfile('default', home.credentials)
    expect(readdirSync(join(home.folder, '.robotrace'))).toEqual(['notes'])
  })
})

describe('what is refused', () => {
  test.each(['a]\n[b', 'a.b', '', 'a b', '../../x', 'é', 'a"', 'x'.repeat(65)])(
    'the profile name %j',
    async (name) => {
      using home = makeHome()
      await expect(saveProfile(name, ONE, home.credentials)).rejects.toThrow(ConfigurationError)
      expect(existsSync(home.credentials)).toBe(false)
    },
  )

  test('a name that means something to JavaScript is a name like any other', async () => {
    using home = makeHome()
    await saveProfile('__proto__', ONE, home.credentials)
    await saveProfile('constructor', ONE, home.credentials)
    expect([...listProfiles(home.credentials).keys()].sort()).toEqual(['__proto__', 'constructor'])
    expect(await removeProfile('__proto__', home.credentials)).toBe(true)
    expect(await removeProfile('toString', home.credentials)).toBe(false)
  })

  test('values cannot break out of their line', async () => {
    using home = makeHome()
    const user_email = 'a"\n[b]\napi_key = "stolen"\n# \\'
    await saveProfile('default', { ...ONE, user_email }, home.credentials)
    expect([...listProfiles(home.credentials).keys()]).toEqual(['default'])
    expect(readProfile('default', home.credentials)?.user_email).toBe(user_email)
  })

  test('a symbolic link in place of the file, whatever it leads to', async () => {
    using home = makeHome()
    mkdirSync(join(home.folder, '.robotrace'))
    const target = join(home.folder, 'target')
    symlinkSync(target, home.credentials)
    await expect(saveProfile('default', ONE, home.credentials)).rejects.toThrow('symbolic link')
    expect(existsSync(target)).toBe(false)
    writeFileSync(target, '[default]\napi_key = "rt_x"\n')
    await expect(removeProfile('default', home.credentials)).rejects.toThrow('symbolic link')
    expect(readFileSync(target, 'utf8')).toContain('rt_x')
  })

  test('a broken file is not overwritten', async () => {
    using home = makeHome()
    home.save('[default\n')
    await expect(saveProfile('default', ONE, home.credentials)).rejects.toThrow('line 1')
    expect(home.read()).toBe('[default\n')
  })
})

describe('several at once', () => {
  const WRITER = fileURLToPath(new URL('./save-profiles.ts', import.meta.url))
  const starters: [string, string, string[]][] = [
    ['Node', process.execPath, ['--import', 'tsx', WRITER]],
    ['Deno', RUNTIMES.deno.command, ['run', '-A', '--no-check', '--cached-only', WRITER]],
    ['Bun', RUNTIMES.bun.command, [WRITER]],
  ]

  test('writers on three runtimes lose nothing of each other', { timeout: 120_000 }, async () => {
    using home = makeHome()
    const ended = starters.map(
      ([name, command, args]) =>
        new Promise<number | null>((resolve) => {
          const child = spawn(command, [...args, home.credentials, name, '12'], { stdio: 'inherit' })
          child.on('close', resolve)
        }),
    )
    expect(await Promise.all(ended)).toEqual([0, 0, 0])
    const expected = starters.flatMap(([name]) =>
      Array.from({ length: 12 }, (_, index) => `${name}-${index}`),
    )
    expect([...listProfiles(home.credentials).keys()].sort()).toEqual(expected.sort())
    expect(readdirSync(join(home.folder, '.robotrace'))).toEqual(['credentials'])
  })

  test('what a killed process left behind does not stand in the way', async () => {
    using home = makeHome()
    await saveProfile('default', ONE, home.credentials)
    writeFileSync(`${home.credentials}.lock`, 'its holder was killed')
    writeFileSync(`${home.credentials}.0000.tmp`, 'half a file')
    const long_ago = Date.now() / 1000 - 60
    utimesSync(`${home.credentials}.lock`, long_ago, long_ago)
    await saveProfile('staging', ONE, home.credentials)
    expect([...listProfiles(home.credentials).keys()]).toEqual(['default', 'staging'])
    expect(readdirSync(join(home.folder, '.robotrace'))).toEqual(['credentials'])
  })
})

test("Python's own TOML reader sees the same profiles", async ({ skip }) => {
  using home = makeHome()
  await saveProfile('default', { ...ONE, user_email: 'zoë "z" \\ <z@lab.example>' }, home.credentials)
  await saveProfile('staging-2', ONE, home.credentials)
  const program = 'import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], "rb"))))'
  const python = spawnable()
  if (!python) return skip('no Python 3.11 here')
  const seen: unknown = JSON.parse(
    execFileSync(python, ['-c', program, home.credentials], { encoding: 'utf8' }),
  )
  expect(seen).toEqual({
    default: { ...ONE, user_email: 'zoë "z" \\ <z@lab.example>' },
    'staging-2': ONE,
  })
})

function spawnable(): string | undefined {
  try {
    execFileSync('python3', ['-c', 'import tomllib'], { stdio: 'ignore' })
    return 'python3'
  } catch {
    return undefined
  }
}
