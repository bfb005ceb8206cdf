import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../server/config.ts'
import { environment } from '../../server/environment.ts'

function problems(env: Record<string, string>): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('an empty environment is a working configuration on loopback', () => {
  const { config, secrets } = readConfig({})
  expect(config).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    data: './data',
    public_url: undefined,
    production: true,
  })
  expect(config.max_upload_bytes).toBe(64 * 1024 ** 3)
  expect(secrets.master).toBeUndefined()
})

test('everything that is wrong is reported at once, each with its variable and its fix', () => {
  expect(
    problems({ PORT: '99999', ROBOTRACE_SECRET: 'short', ROBOTRACE_MAX_UPLOAD: 'big', PUBLIC_URL: 'robots' }),
  ).toEqual([
    expect.stringMatching(/^PORT: /),
    expect.stringMatching(/^ROBOTRACE_SECRET: must have 32 characters/),
    expect.stringMatching(/^ROBOTRACE_MAX_UPLOAD: must be a size such as/),
    expect.stringMatching(/^PUBLIC_URL: must be an http or https address/),
  ])
})

describe('PUBLIC_URL', () => {
  test('(34) plain http beyond loopback is refused unless it is accepted in so many words', () => {
    expect(problems({ PUBLIC_URL: 'http://robots.example' })).toEqual([
      expect.stringContaining('ROBOTRACE_INSECURE_HTTP=1'),
    ])
    expect(problems({ PUBLIC_URL: 'http://robots.example', ROBOTRACE_INSECURE_HTTP: '1' })).toEqual([])
    expect(problems({ PUBLIC_URL: 'http://127.0.0.1:3000' })).toEqual([])
  })

  test('is an origin: a path, a query or a user is refused', () => {
    for (const url of ['https://a.example/x', 'https://a.example/?x', 'https://u@a.example']) {
      expect(problems({ PUBLIC_URL: url }), url).toHaveLength(1)
    }
    expect(readConfig({ PUBLIC_URL: 'https://a.example/' }).config.public_url).toBe('https://a.example')
  })
})

test('a variable that is set but empty counts as not set', () => {
  expect(readConfig({ PORT: '', PUBLIC_URL: '', ROBOTRACE_SECRET: '' }).config.port).toBe(3000)
})

test('sizes are read with decimal and binary units', () => {
  expect(readConfig({ ROBOTRACE_MAX_UPLOAD: '500MB' }).config.max_upload_bytes).toBe(500_000_000)
  expect(readConfig({ ROBOTRACE_MAX_UPLOAD: '1.5 GiB' }).config.max_upload_bytes).toBe(1.5 * 1024 ** 3)
  expect(readConfig({ ROBOTRACE_MIN_FREE: '1024' }).config.min_free_bytes).toBe(1024)
})

test('.env.example names exactly the variables that are read, with their defaults', () => {
  const lines = readFileSync('.env.example', 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
  const example = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))
  expect(Object.keys(example).sort()).toEqual(Object.keys(environment.shape).sort())
  expect(readConfig(example)).toEqual(readConfig({}))
})
