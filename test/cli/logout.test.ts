import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { KEY, startWireServer } from '../sdk/wire-server.ts'
import { makeHome } from './home.ts'
import { CLIENT_ID, startLoginServer } from './login-server.ts'

const OTHER = makeKey().key
const profile = (name: string, url: string, key = KEY) =>
  `[${name}]\napi_key = "${key}"\nbase_url = "${url}"\nclient_id = "${CLIENT_ID}"\nuser_email = "art@robotrace.dev"\nwritten_at = "2026-05-04T20:08:14Z"\n`

describe('a redirect never takes the key along', () => {
  test.each(['whoami', 'logout --revoke', 'login'])('%s', async (command) => {
    using home = makeHome()
    await using elsewhere = await startWireServer()
    for (const status of [301, 302, 303, 307, 308]) {
      await using server = await startWireServer(({ path }) => ({
        status,
        headers: { Location: `${elsewhere.url}${path}` },
      }))
      home.save(profile('default', server.url))
      const ran = await home.robotrace(
        command === 'login' ? `login --force --base-url ${server.url}` : command,
      )
      expect(ran.status).toBe(1)
      expect(ran.host.stderr()).toContain('redirect')
      if (command !== 'logout --revoke') expect(ran.host.stderr()).toMatch(/Try: .*https:\/\//)
    }
    expect(elsewhere.arrived).toEqual([])
  })
})

describe('logout', () => {
  test('uses no network, and says that the key lives on and where to end it', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(profile('default', server.url) + profile('staging', server.url))
    const { status, host } = await home.robotrace('logout')
    expect(status).toBe(0)
    expect(host.stdout()).toContain(
      "✓ Removed profile 'default' from ~/.robotrace/credentials.\n" +
        'Note: the API key minted for that login is still valid until you\n' +
        'revoke it from the portal → API keys.\n',
    )
    expect(host.stdout()).toContain(
      `There it is the row ${KEY.slice(0, 13)}, labelled robotrace-cli with the confirmation code of your\nlogin;`,
    )
    expect(host.stdout()).toContain('--revoke')
    expect(home.read()).toContain('[staging]')
    expect(home.read()).not.toContain('[default]')
    expect(server.arrived).toEqual([])
  })

  test('--revoke ends the key first, with an empty body and the key as its own credential', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('logout --revoke')
    expect(status).toBe(0)
    expect(host.stdout()).toContain(`✓ Revoked ${KEY.slice(0, 13)} server-side.`)
    const [revoke] = server.to('/revoke')
    expect(revoke?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'content-length': '0' })
    expect(revoke?.headers['content-type']).toBeUndefined()
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('--revoke warns before the key travels over a network in clear', async () => {
    using home = makeHome()
    home.save(profile('default', 'http://robotrace.invalid'))
    const { host } = await home.robotrace('logout --revoke')
    expect(host.stderr()).toContain('http://robotrace.invalid is not encrypted')
    home.save(profile('default', 'http://robotrace.invalid'))
    expect((await home.robotrace('logout')).host.stderr()).not.toContain('encrypted')
    home.save(profile('default', 'no address'))
    expect((await home.robotrace('logout --revoke')).host.stderr()).toContain('Could not revoke')
  })

  test('--revoke believes only an answer that says so', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ revoke: { status: 200, json: { hello: 'world' } } })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('logout --revoke')
    expect(status).toBe(1)
    expect(host.stdout()).not.toContain('Revoked')
    expect(host.stderr()).toContain('still valid')
  })

  test('--revoke of a dead key is fine', async () => {
    using home = makeHome()
    await using server = await startLoginServer({ revoke: { status: 401, json: { error: 'no' } } })
    home.save(profile('default', server.url))
    const { status, host } = await home.robotrace('logout --revoke')
    expect(status).toBe(0)
    expect(host.stdout()).toContain('already revoked')
  })

  test.each([
    ['does not answer', undefined],
    ['refuses', { status: 503, json: { error: 'down' } }],
  ])('--revoke removes the file even when the server %s, and ends with 1', async (_, revoke) => {
    using home = makeHome()
    await using server = await startLoginServer({ revoke })
    home.save(profile('default', revoke ? server.url : 'http://127.0.0.1:1'))
    const { status, host } = await home.robotrace('logout --revoke')
    expect(status).toBe(1)
    expect(host.stderr()).toContain('Could not revoke')
    expect(host.stderr()).toContain('still valid')
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('--all removes every profile', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    home.save(profile('default', server.url) + profile('staging', server.url, OTHER))
    const { host } = await home.robotrace('logout --all --revoke')
    expect(host.stdout().match(/Removed profile/g)?.length).toBe(2)
    expect(server.to('/revoke').map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${KEY}`,
      `Bearer ${OTHER}`,
    ])
    expect(existsSync(home.credentials)).toBe(false)
  })

  test('nobody signed in ends with 4', async () => {
    using home = makeHome()
    const { status, host } = await home.robotrace('logout')
    expect(status).toBe(4)
    expect(host.stderr()).toContain('No saved credentials')
  })
})
