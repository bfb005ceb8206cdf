import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../server/config.ts'
import { environment } from '../../server/environment.ts'
import {
  type Configuration,
  configOf,
  configurationOf,
  SETTING_FLAGS,
} from '../../server/operator/configuration.ts'
import { fileKey, flagOf, SETTING_NAMES, SETTINGS } from '../../server/settings.ts'

const SECRET = 'correct-horse-battery-staple-0123456789'

/** A folder with this `robotrace.toml`, readable by its owner alone. */
function folderWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-config-'))
  writeFileSync(join(folder, 'robotrace.toml'), text, { mode: 0o600 })
  return folder
}

function flags(given: Record<string, string> = {}): { text: (name: string) => string | undefined } {
  return { text: (name) => given[name] }
}

function ofFile(text: string, env: Record<string, string> = {}): Configuration & { path: string } {
  const folder = folderWith(text)
  return { ...configurationOf(env, flags(), folder), path: join(folder, 'robotrace.toml') }
}

function settled({ settings }: Configuration, name: string) {
  return settings.find((one) => one.name === name)
}

describe('the order', () => {
  const folder = folderWith('port = 1001\nrate_limit = 7\nupload_idle = 9\n')

  test('a flag wins over the environment, that over the file, and that over the default', () => {
    const env = { PORT: '1002', ROBOTRACE_RATE_LIMIT: '8' }
    const all = configurationOf(env, flags({ port: '1003' }), folder)
    expect(all.read?.config).toMatchObject({ port: 1003, rate_limit: 8, upload_idle_s: 9, trash_days: 30 })
    expect(settled(all, 'PORT')).toMatchObject({ source: 'flag', from: '--port' })
    expect(settled(all, 'ROBOTRACE_RATE_LIMIT')).toMatchObject({
      ...{ source: 'environment', from: 'ROBOTRACE_RATE_LIMIT' },
    })
    const from = `${join(folder, 'robotrace.toml')}: upload_idle`
    expect(settled(all, 'ROBOTRACE_UPLOAD_IDLE')).toMatchObject({ source: 'file', from })
    expect(settled(all, 'ROBOTRACE_TRASH_DAYS')).toMatchObject({ source: 'default', value: '30' })
  })

  test('a variable that is set but empty leaves the word to the file', () => {
    expect(configurationOf({ PORT: '' }, flags(), folder).read?.config.port).toBe(1001)
  })

  test('--config wins over ROBOTRACE_CONFIG, that over the file of the working folder', () => {
    const [second, third] = [folderWith('port = 2002'), folderWith('port = 3003')]
    const env = { ROBOTRACE_CONFIG: join(second, 'robotrace.toml') }
    expect(configurationOf(env, flags(), folder).read?.config.port).toBe(2002)
    const given = flags({ config: join(third, 'robotrace.toml') })
    expect(configurationOf(env, given, folder).read?.config.port).toBe(3003)
  })

  test('a named file that is not there is an error, and so is one that is no TOML, without quoting what may be secret', () => {
    const missing = configurationOf({ ROBOTRACE_CONFIG: 'nowhere.toml' }, flags(), folder)
    expect(missing.problems).toEqual([
      `${join(folder, 'nowhere.toml')}: cannot be read (ENOENT). Check its path and who may read it`,
    ])
    const broken = ofFile(`port = 3000\nsecret = "${SECRET}\n`)
    expect(broken.problems).toEqual([
      expect.stringMatching(/robotrace\.toml: line 2, column \d+ is no TOML: /),
    ])
    expect(JSON.stringify(broken)).not.toContain(SECRET)
  })
})

describe('robotrace.toml', () => {
  test('every setting has a key, flat or below a table, and numbers, lists and switches as TOML has them', () => {
    const { read, problems } = ofFile(`
      port = 8443
      trusted_proxies = ["127.0.0.1/32", "10.0.0.0/8"]
      webhook_networks = "10.20.0.0/16, 192.168.7.4"
      insecure_http = true
      max_upload = "2GiB"
      min_free = 1024
      public_url = "http://robots.example"
      [oidc]
      issuer = "https://id.example.org"
      client_id = "robots"
      [backup]
      to = "/srv/backups"
      every_hours = 6
      [smtp]
      url = "smtp://127.0.0.1:25"
      [mail]
      from = "RoboTrace <robotrace@example.org>"
      [metrics]
      key = "0123456789abcdef"
    `)
    expect(problems).toEqual([])
    expect(read?.config).toMatchObject({
      ...{ port: 8443, public_url: 'http://robots.example', max_upload_bytes: 2 * 1024 ** 3 },
      ...{ min_free_bytes: 1024, trusted_proxies: ['127.0.0.1/32', '10.0.0.0/8'] },
      webhook_networks: ['10.20.0.0/16', '192.168.7.4'],
      oidc: { issuer: 'https://id.example.org', client_id: 'robots', name: 'single sign-on' },
      backup: { to: '/srv/backups', every_h: 6, keep: 7 },
      mail_from: 'RoboTrace <robotrace@example.org>',
    })
    expect(read?.secrets).toMatchObject({ smtp_url: 'smtp://127.0.0.1:25', metrics_key: '0123456789abcdef' })
  })

  test('relative paths are relative to the file, wherever the process stands', () => {
    const folder = folderWith('data = "store"\n')
    const { read } = configurationOf({}, flags({ config: join(folder, 'robotrace.toml') }))
    expect(read?.config.data).toBe(join(folder, 'store'))
  })

  test('everything that is wrong is said at once, with its file, its key and its fix', () => {
    const { problems, path } = ofFile(
      'prot = 1\nport = true\ntls_cert = "a.pem"\ntrusted_proxies = [1]\nmax_upload = "big"\noidc_name = "a"\n[oidc]\nname = "b"\n',
    )
    expect(problems).toEqual([
      `${path}: prot: there is no such key. Did you mean port?`,
      `${path}: port: must be a whole number such as 60`,
      `${path}: trusted_proxies: must be a list of texts such as ["10.0.0.0/8"]`,
      `${path}: oidc.name: is set twice, as oidc_name and in a table. Keep one`,
      `${path}: max_upload: must be a size such as 500MB or 16GiB`,
      'ROBOTRACE_TLS_KEY: must be set as well, because ROBOTRACE_TLS_CERT is',
    ])
  })

  test('(68) a file that holds a secret and that others can read is warned about, and used', () => {
    const folder = folderWith(`secret = "${SECRET}"\n`)
    expect(configOf({}, flags({ config: join(folder, 'robotrace.toml') })).warnings).toEqual([])
    chmodSync(join(folder, 'robotrace.toml'), 0o644)
    const { secrets, warnings } = configOf({}, flags({ config: join(folder, 'robotrace.toml') }))
    expect(secrets.master).toBe(SECRET)
    expect(warnings).toEqual([expect.stringMatching(/others on this machine can read it: chmod 600 /)])
  })

  test('a file without a secret may be read by everybody', () => {
    const folder = mkdtempSync(join(tmpdir(), 'robotrace-config-'))
    mkdirSync(join(folder, 'etc'))
    writeFileSync(join(folder, 'etc', 'robotrace.toml'), 'port = 1\n', { mode: 0o644 })
    expect(configurationOf({}, flags(), join(folder, 'etc')).warnings).toEqual([])
  })
})

describe('one table of settings', () => {
  test('names exactly what is read, and its defaults are the ones that hold', () => {
    expect([...SETTING_NAMES].sort()).toEqual(Object.keys(environment.shape).sort())
    const defaults = Object.fromEntries(SETTING_NAMES.map((name) => [name, SETTINGS[name].otherwise]))
    expect(readConfig(defaults)).toEqual(readConfig({}))
  })

  test('keys and flags are the variable without its beginning, and no two are the same', () => {
    expect(fileKey('ROBOTRACE_OIDC_ISSUER')).toBe('oidc_issuer')
    expect(flagOf('ROBOTRACE_OIDC_ISSUER')).toBe('oidc-issuer')
    expect(new Set(SETTING_NAMES.map(fileKey)).size).toBe(SETTING_NAMES.length)
  })

  test('(63) no secret has a flag', () => {
    const secrets = SETTING_NAMES.filter((name) => SETTINGS[name].secret)
    expect(secrets).toEqual(
      expect.arrayContaining([
        ...['ROBOTRACE_SECRET', 'ROBOTRACE_SMTP_URL', 'ROBOTRACE_OIDC_CLIENT_SECRET'],
        'ROBOTRACE_METRICS_KEY',
      ] as const),
    )
    const names = SETTING_FLAGS.map(({ name }) => name)
    expect(names).toHaveLength(SETTING_NAMES.length - secrets.length + 1)
    for (const secret of secrets) expect(names).not.toContain(fileKey(secret).replaceAll('_', '-'))
  })
})

test('robotrace.example.toml has every key, and with every line of it taken as it is all defaults hold', () => {
  const example = readFileSync('robotrace.example.toml', 'utf8')
  expect(ofFile(example).settings.every(({ source }) => source === 'default')).toBe(true)
  const { read, problems } = ofFile(example.replaceAll(/^#(?=\w+ = )/gm, '').replace('"./data"', '"/data"'))
  expect(problems).toEqual([])
  const { config, secrets } = readConfig({ ROBOTRACE_DATA: '/data' })
  expect(read).toEqual({ config, secrets })
  for (const name of SETTING_NAMES) expect(example).toContain(`\n#${fileKey(name)} = `)
})

test('a command that needs the configuration is told everything that is wrong with it, by the place where it was set', () => {
  const wrong = () => configOf({ ROBOTRACE_TRASH_DAYS: '0' }, flags({ port: '99999' }))
  expect(wrong).toThrow(ConfigError)
  expect(wrong).toThrow(/--port: must be a whole number from 0 to 65535/)
  expect(wrong).toThrow(/ROBOTRACE_TRASH_DAYS: must be a whole number from 1 to 3650/)
})
