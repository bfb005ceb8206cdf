import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import { operatorCommands } from '../../server/operator/commands.ts'
import { testHost } from '../cli/test-host.ts'

const SECRET = 'correct-horse-battery-staple-0123456789abcd'

function folderWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-config-'))
  writeFileSync(join(folder, 'robotrace.toml'), text, { mode: 0o600 })
  return folder
}

async function config(args: string[], env: Record<string, string>, cwd: string) {
  const host = testHost({ cwd })
  const status = await run(['config', ...args], host, operatorCommands(env))
  return { status, stdout: host.stdout(), stderr: host.stderr() }
}

test('config --print shows every value, where it was set, and of a secret only its length', async () => {
  const cwd = folderWith(`upload_idle = 9\nsecret = "${SECRET}"\n`)
  const smtp = { ROBOTRACE_SMTP_URL: 'smtp://u:hunter2@mail.example', ROBOTRACE_MAIL_FROM: 'a@b.example' }
  const { status, stdout, stderr } = await config(['--print', '--port', '8080'], smtp, cwd)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain(`File: ${join(cwd, 'robotrace.toml')}`)
  expect(stdout).toMatch(/^port +8080 +flag --port$/m)
  expect(stdout).toMatch(/^upload_idle +9 +file .*robotrace\.toml: upload_idle$/m)
  expect(stdout).toMatch(/^secret +set, 43 characters +file .*robotrace\.toml: secret$/m)
  expect(stdout).toMatch(/^smtp_url +set, 29 characters +environment ROBOTRACE_SMTP_URL$/m)
  expect(stdout).toMatch(/^trash_days +30 +default$/m)
  expect(stdout).not.toMatch(/hunter2|correct|mail\.example/)
})

test('a password in any address is not shown, also where an address may have none', async () => {
  const addresses = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://robotrace:hunter2@collector.example:4318',
    PUBLIC_URL: 'https://ada:hunter3@robots.example',
  }
  for (const way of ['--print', '--json']) {
    const { status, stdout, stderr } = await config([way], addresses, folderWith(''))
    expect(status).toBe(1)
    expect(stdout).toContain('http://***@collector.example:4318')
    expect(stdout + stderr).not.toMatch(/hunter|ada:/)
  }
})

test('config --json is the same for programs', async () => {
  const cwd = folderWith(`secret = "${SECRET}"\n`)
  const { status, stdout } = await config(['--json'], { PORT: '81' }, cwd)
  expect(status).toBe(0)
  const answer = JSON.parse(stdout)
  expect(answer).toMatchObject({ valid: true, file: join(cwd, 'robotrace.toml'), problems: [], warnings: [] })
  expect(answer.settings).toContainEqual({
    ...{ name: 'PORT', key: 'port', value: '81', secret: false, source: 'environment', from: 'PORT' },
  })
  expect(answer.settings).toContainEqual(
    expect.objectContaining({ key: 'secret', value: 'set, 43 characters', secret: true, source: 'file' }),
  )
  expect(stdout).not.toContain('correct')
})

test('a configuration that is wrong ends with 1 and lists everything that is', async () => {
  const cwd = folderWith('prot = 1\nrate_limit = "many"\n')
  const { status, stdout, stderr } = await config(['--print'], { ROBOTRACE_SECRET: 'hunter2' }, cwd)
  expect(status).toBe(1)
  expect(stdout).toMatch(/^secret +set, 7 characters/m)
  expect(stderr).toContain('robotrace.toml: prot: there is no such key. Did you mean port?')
  expect(stderr).toContain('robotrace.toml: rate_limit: must be a whole number from 0 to')
  expect(stderr).toContain('ROBOTRACE_SECRET: must have 32 characters or more')
  expect(stderr).toContain('Try: docs/configuration.md')
  expect(stdout + stderr).not.toContain('hunter2')
  const json = await config(['--json'], { ROBOTRACE_SECRET: 'hunter2' }, cwd)
  expect(json.status).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, problems: { length: 3 } })
})

test('without --print it says whether everything is right', async () => {
  const good = await config([], {}, folderWith(''))
  expect(good).toEqual({ status: 0, stdout: '', stderr: '✓ The configuration is valid.\n' })
})

test('certificate and key that cannot be used are found before the server starts', async () => {
  const cwd = folderWith('[tls]\ncert = "cert.pem"\nkey = "key.pem"\n')
  const missing = await config([], {}, cwd)
  expect(missing.status).toBe(1)
  expect(missing.stderr).toContain(`${join(cwd, 'cert.pem')}: this TLS certificate cannot be read (ENOENT)`)
  for (const name of ['cert.pem', 'key.pem']) writeFileSync(join(cwd, name), 'no pem')
  expect((await config([], {}, cwd)).stderr).toContain('are not a certificate and a key without a passphrase')
})
