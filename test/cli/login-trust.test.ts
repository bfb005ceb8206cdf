import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KEY } from '../sdk/wire-server.ts'
import { makeHome } from './home.ts'
import { CLIENT_ID, LOST, PENDING, startLoginServer } from './login-server.ts'

const secret = KEY.slice(14)

describe('another account than before', () => {
  const OLD = `[default]\napi_key = "${KEY}"\nbase_url = "URL"\nclient_id = "${CLIENT_ID}"\nuser_email = "ada@lab.example"\n`

  test('is named with its organization, and taken only after a yes', async () => {
    for (const [answer, status] of [
      ['y', 0],
      ['YES', 0],
      ['n', 1],
      ['', 1],
      [undefined, 130],
    ] as const) {
      using home = makeHome()
      await using server = await startLoginServer()
      const before = OLD.replace('URL', server.url)
      home.save(before)
      const ran = await home.robotrace(`login --force --base-url ${server.url}`, { answers: [answer] })
      expect(ran.status).toBe(status)
      expect(ran.host.stderr()).toContain('art@robotrace.dev')
      expect(ran.host.stderr()).toContain('Halcyon Robotics (halcyon)')
      expect(ran.host.questions).toEqual(['Save it all the same? [y/N] '])
      expect(home.read() === before).toBe(status !== 0)
      // A key that is not kept does not stay alive.
      expect(server.to('/revoke').map(({ headers }) => headers.authorization)).toEqual(
        status === 0 ? [] : [`Bearer ${KEY}`],
      )
    }
  })

  test('where nobody can be asked it takes --force', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(OLD.replace('URL', 'https://old.example'))
    const refused = await home.robotrace(`login --base-url ${server.url}`)
    expect(refused.status).toBe(1)
    expect(refused.host.stderr()).toContain(`The new key ${KEY.slice(0, 13)} has been revoked again.`)
    expect(home.read()).toContain('ada@lab.example')
    const forced = await home.robotrace(`login --force --base-url ${server.url}`)
    expect(forced.status).toBe(0)
    expect(home.read()).toContain('art@robotrace.dev')
  })

  test('another organization of the same person counts as well', async () => {
    using home = makeHome()
    const other = '00000000-0000-4000-8000-000000000001'
    await using server = await startLoginServer({ approved: { client_id: other } })
    home.save(OLD.replace('URL', server.url).replace('ada@lab.example', 'art@robotrace.dev'))
    expect((await home.robotrace(`login --force --base-url ${server.url}`, { answers: ['n'] })).status).toBe(
      1,
    )
  })
})

describe('what cannot be trusted', () => {
  test('a link to another origin is refused before anybody sees it', async () => {
    for (const member of ['verification_uri', 'verification_uri_complete']) {
      for (const link of ['https://evil.example/cli/auth', 'javascript:alert(1)', 'not a link']) {
        using home = makeHome()
        await using server = await startLoginServer({ start: () => ({ [member]: link }) })
        const { status, host } = await home.robotrace(`login --base-url ${server.url}`, {
          env: { DISPLAY: ':0' },
        })
        expect(status).toBe(1)
        expect(host.text()).not.toContain(link)
        expect(host.opened).toEqual([])
        expect(server.to('/poll')).toEqual([])
      }
    }
  })

  test('an approval that names another deployment keeps the one that was asked', async () => {
    using home = makeHome()
    const elsewhere = { base_url: 'https://evil.example', portal_url: 'https://evil.example/portal' }
    await using server = await startLoginServer({ approved: elsewhere })
    const { host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(home.read()).toContain(`base_url = "${server.url}"`)
    expect(host.text() + home.read()).not.toContain('evil.example')
  })

  test('plain http over a network is warned about, on this machine it is not', async () => {
    using home = makeHome()
    const far = await home.robotrace('login --base-url http://robotrace.invalid')
    expect(far.host.stderr()).toContain('not encrypted')
    await using server = await startLoginServer()
    expect((await home.robotrace(`login --base-url ${server.url}`)).host.stderr()).not.toContain('encrypted')
  })

  test('a key that does not arrive whole is not saved', async () => {
    using home = makeHome()
    const last = KEY.endsWith('A') ? 'B' : 'A'
    await using server = await startLoginServer({ approved: { api_key: KEY.slice(0, -1) + last } })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('checksum')
    expect(host.text()).not.toContain(secret.slice(0, -1))
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('a file that cannot be written stops it before anybody clicks', async () => {
    await using server = await startLoginServer()
    using linked = makeHome()
    linked.save('')
    rmSync(linked.credentials)
    symlinkSync(join(linked.folder, 'elsewhere'), linked.credentials)
    const link = await linked.robotrace(`login --base-url ${server.url}`)
    expect(link.status).toBe(1)
    expect(link.host.stderr()).toContain('symbolic link')
    using home = makeHome()
    home.save('[default\n')
    const broken = await home.robotrace(`login --base-url ${server.url}`)
    expect(broken.status).toBe(1)
    expect(broken.host.stderr()).toContain('neither TOML nor JSON')
    expect(server.arrived).toEqual([])
  })

  test('Ctrl-C while waiting leaves nothing behind and ends with 130', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [PENDING] })
    const { status, host } = await home.robotrace(`login --base-url ${server.url}`, {
      on_write: (text, world) => {
        if (text.includes('Waiting')) setImmediate(() => world.interrupt(130))
      },
    })
    expect(status).toBe(130)
    expect(host.stderr()).toContain('Nothing was saved')
    expect(existsSync(join(home.folder, '.robotrace'))).toBe(false)
  })
})

describe('a key that was handed over and is not kept', () => {
  /** Presses Ctrl-C after the key has come, while the file waits for another program. */
  const cancel = async (home: ReturnType<typeof makeHome>, url: string) =>
    await home.robotrace(`login --base-url ${url}`, {
      columns: 80,
      on_write: (text, world) => {
        if (!text.endsWith('Waiting for browser approval...\n')) return
        mkdirSync(join(home.folder, '.robotrace'), { recursive: true })
        writeFileSync(`${home.credentials}.lock`, 'another program')
        setTimeout(() => world.interrupt(130), 50)
      },
    })

  test('Ctrl-C while another program writes the file ends the key again', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    const { status, host } = await cancel(home, server.url)
    expect(status).toBe(130)
    expect(host.stderr()).toContain(
      ` Canceled. Nothing was saved. The new key ${KEY.slice(0, 13)} has been revoked again.\n`,
    )
    expect(server.to('/revoke').length).toBe(1)
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('where it cannot be ended it is named, with what to do', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ revoke: LOST })
    const { host } = await cancel(home, server.url)
    expect(host.stderr()).toContain(
      `The new key ${KEY.slice(0, 13)} could not be revoked, and may be alive: revoke it in the portal → API keys.`,
    )
    expect(host.text()).not.toContain(secret)
  })

  test('an approval without a usable key says which key to end', async () => {
    for (const api_key of [5, null, '']) {
      using home = makeHome()
      await using server = await startLoginServer({ approved: { api_key } })
      const { status, host } = await home.robotrace(`login --base-url ${server.url}`)
      expect(status).toBe(1)
      expect(host.stderr()).toContain('unusable answer: api_key')
      expect(host.stderr()).toContain('Try: revoke the newest `robotrace-cli` key in the portal')
    }
  })

  test('an approval with an address that is none keeps the key, for the address that was asked', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    await using odd = await startLoginServer({ approved: { base_url: `${server.url}/?a=b` } })
    expect((await home.robotrace(`login --base-url ${odd.url}`)).status).toBe(0)
    expect(home.read()).toContain(`base_url = "${odd.url}"`)
  })
})

describe('--json', () => {
  const events = (text: string): Record<string, unknown>[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  test('one event a line, from started to approved', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    const { host } = await home.robotrace(`login --json --base-url ${server.url}`)
    expect(events(host.stdout())).toEqual([
      {
        event: 'started',
        base_url: server.url,
        user_code: 'XKDF-PQ4N',
        verification_uri: `${server.url}/cli/auth`,
        verification_uri_complete: `${server.url}/cli/auth?code=XKDF-PQ4N`,
        expires_in: 600,
        interval: 2,
      },
      { event: 'pending', browser_opened: false },
      {
        event: 'approved',
        profile: 'default',
        base_url: server.url,
        client_id: CLIENT_ID,
        user_email: 'art@robotrace.dev',
        portal_url: `${server.url}/portal`,
        organization: { id: CLIENT_ID, slug: 'halcyon', name: 'Halcyon Robotics' },
        key_prefix: KEY.slice(0, 13),
        credentials_path: home.credentials,
      },
    ])
    const again = await home.robotrace(`login --json --base-url ${server.url}`)
    expect(events(again.host.stdout())[0]?.event).toBe('already_signed_in')
  })

  test('a failure is an event as well', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ polls: [{ status: 200, json: { status: 'denied' } }] })
    const { status, host } = await home.robotrace(`login --json --base-url ${server.url}`)
    expect(status).toBe(1)
    expect(events(host.stdout()).at(-1)).toEqual({
      event: 'failed',
      reason: 'denied',
      message: 'Device login was refused.',
    })
  })
})
