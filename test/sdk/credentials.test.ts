import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client, ConfigurationError } from '../../sdk/mod.ts'
import { Client as WebClient } from '../../sdk/web.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { KEY, startWireServer } from './wire-server.ts'

const SAVED = makeKey().key
const FROM_ENV = makeKey().key
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'robotrace-home-'))
  vi.stubEnv('ROBOTRACE_HOME', home)
  vi.stubEnv('ROBOTRACE_API_KEY', '')
  vi.stubEnv('ROBOTRACE_BASE_URL', '')
  vi.stubEnv('ROBOTRACE_ORG', '')
  vi.stubEnv('REROBOTS_API_TOKEN', '')
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

function save(text: string): void {
  writeFileSync(join(home, 'credentials'), text)
}

function shown(client: Client): string {
  return `${client.key_prefix} ${client.base_url}`
}

function refusal(make: () => unknown): string {
  try {
    make()
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

const prefix = (key: string) => key.slice(0, 13)

describe('where key and address come from', () => {
  const TOML = `# managed by \`robotrace login\`\n[default]\napi_key = "${SAVED}"\nbase_url = "https://saved.example"\n`

  test('the saved profile is used when nothing else is given', () => {
    save(TOML)
    expect(shown(new Client())).toBe(`${prefix(SAVED)} https://saved.example`)
  })

  test('the environment wins over the file, each value on its own', () => {
    save(TOML)
    vi.stubEnv('ROBOTRACE_API_KEY', FROM_ENV)
    expect(shown(new Client())).toBe(`${prefix(FROM_ENV)} https://saved.example`)
  })

  test('an argument wins over both, and leaves the other value where it was', () => {
    save(TOML)
    vi.stubEnv('ROBOTRACE_BASE_URL', 'http://env.example/prefix/')
    expect(shown(new Client({ api_key: KEY }))).toBe(`${prefix(KEY)} http://env.example/prefix`)
  })

  test('a profile named in the call comes before the environment', () => {
    save(`${TOML}[staging]\napi_key = "${KEY}"\nbase_url = "https://staging.example"\n`)
    vi.stubEnv('ROBOTRACE_API_KEY', FROM_ENV)
    expect(shown(new Client({ profile: 'staging' }))).toBe(`${prefix(KEY)} https://staging.example`)
    expect(refusal(() => new Client({ profile: 'prod' }))).toContain("no profile 'prod'")
  })

  test('REROBOTS_API_TOKEN is used after ROBOTRACE_API_KEY and before the file', async () => {
    await using server = await startWireServer()
    save(`[default]\napi_key = "${SAVED}"\nbase_url = "${server.url}"\n`)
    const sent = async () => {
      await new Client({ verbose: false }).startEpisode()
      return server.arrived.at(-1)?.headers.authorization
    }
    expect(await sent()).toBe(`Bearer ${SAVED}`)
    vi.stubEnv('REROBOTS_API_TOKEN', TOKEN)
    expect(await sent()).toBe(`Bearer ${TOKEN}`)
    vi.stubEnv('ROBOTRACE_API_KEY', FROM_ENV)
    expect(await sent()).toBe(`Bearer ${FROM_ENV}`)
  })

  test('the organization goes with every call that carries the key, and with no other', async () => {
    await using server = await startWireServer()
    const headers = async (organization?: string) => {
      const client = new Client({ base_url: server.url, api_key: TOKEN, organization, verbose: false })
      server.arrived.length = 0
      await client.logEpisode({ video: new Uint8Array(8) })
      return server.arrived.map((one) => one.headers['x-robotrace-organization'])
    }
    expect(await headers()).toEqual([undefined, undefined, undefined])
    vi.stubEnv('ROBOTRACE_ORG', 'halcyon')
    expect(await headers()).toEqual(['halcyon', undefined, 'halcyon'])
    expect(await headers('acme')).toEqual(['acme', undefined, 'acme'])
    expect(server.arrived.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST'])
    expect(
      refusal(() => new Client({ api_key: KEY, base_url: server.url, organization: 'a\r\nb' })),
    ).toContain('organization must be')
  })

  test('a file written as JSON is read as well', () => {
    save(JSON.stringify({ default: { api_key: SAVED, base_url: 'https://json.example' } }))
    expect(shown(new Client())).toBe(`${prefix(SAVED)} https://json.example`)
  })

  test('a broken file is not even opened when both values are given', () => {
    save('[default\n')
    expect(shown(new Client({ api_key: KEY, base_url: 'https://here.example' }))).toContain('here.example')
  })

  test('without any, the error says the three ways to give one', () => {
    const message = refusal(() => new Client({ base_url: 'http://localhost:3000' }))
    expect(message).toContain('api_key')
    expect(message).toContain('ROBOTRACE_API_KEY')
    expect(message).toContain('robotrace login')
    expect(refusal(() => new Client({ api_key: KEY }))).toContain('ROBOTRACE_BASE_URL')
  })

  test('(62) a broken file is named by line, without its content', () => {
    save(`[default]\napi_key = "${SAVED}\n`)
    const message = refusal(() => new Client())
    expect(message).toContain('line 2')
    expect(message).not.toContain(SAVED.slice(14))
    save(`{"default":{"api_key":"${SAVED}"`)
    expect(refusal(() => new Client())).not.toContain(SAVED.slice(14))
  })

  test('in a browser nothing is read: both have to be given', () => {
    save(TOML)
    vi.stubEnv('ROBOTRACE_API_KEY', FROM_ENV)
    expect(refusal(() => new WebClient({ base_url: 'https://here.example' }))).toContain('No API key')
  })
})

describe('(62) a key that cannot be right is refused before any request, and not shown', () => {
  const other = (at: number) => KEY.slice(0, at) + (KEY[at] === 'A' ? 'B' : 'A') + KEY.slice(at + 1)
  const cases: [string, string][] = [
    ['one character of the secret changed', other(20)],
    ['one character of the checksum changed', other(KEY.length - 1)],
    ['one character of the id changed', `rt_${KEY[3] === 'a' ? 'b' : 'a'}${KEY.slice(4)}`],
    ['a line break at the end', `${KEY}\n`],
    ['a space inside', `${KEY.slice(0, 30)} ${KEY.slice(31)}`],
    ['quotes from a shell', `"${KEY}"`],
    ['a letter no header can hold', `${KEY}é`],
    ['another product’s key', `sk_live_${KEY.slice(14)}`],
  ]
  test.each(cases)('%s', (_, api_key) => {
    const message = refusal(() => new Client({ api_key, base_url: 'http://localhost:1' }))
    expect(message).toMatch(/^The API key /)
    expect(message).not.toContain(KEY.slice(22, 40))
  })

  test('every key the server makes passes', () => {
    for (let i = 0; i < 200; i++) new Client({ api_key: makeKey().key, base_url: 'http://localhost:1' })
  })

  test('keys of other makers pass: the server decides', () => {
    const foreign = [
      'rt_8a4f01c2b3_kPcDxQy7mN3eHvL2RtFwBgZsXn5J9aKyM4uV6oTr',
      `rt_8a4f01c2b3_${'a-b_'.repeat(11)}`,
      'rbtk_sk_0123456789abcdef',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl',
    ]
    for (const api_key of foreign) new Client({ api_key, base_url: 'http://localhost:1' })
  })
})

test.each(['ftp://x', 'localhost:3000', 'http://user:pass@x', 'https://x/?a=1', ''])(
  'the address %j is refused',
  (base_url) => {
    expect(refusal(() => new Client({ api_key: KEY, base_url }))).toContain('base_url must be')
  },
)
