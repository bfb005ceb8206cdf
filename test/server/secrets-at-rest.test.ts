import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { everythingKept } from '../everything-kept.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, mutate } from '../portal-request.ts'
import { bearer, otherSecret, PASSWORD, type Person, person, type Tenant, tenant } from '../seed.ts'

const WRONG_PASSWORD = 'wrong horse battery staple'

/** What has to be found nowhere, by what it is. */
type Secrets = Record<string, string>

async function keys(server: TestServer, { owner, organization_id, api_key }: Tenant): Promise<Secrets> {
  const portal = portalClient(server, owner)
  const { key: minted } = await portal.apiKeys.mint.mutate({ organization_id, label: 'rig' })
  const { key: personal } = await portal.apiKeys.mintPersonal.mutate({ label: 'laptop' })
  for (const key of [api_key, minted, personal, otherSecret(api_key)]) {
    await server.fetch('/api/whoami', { headers: bearer(key) })
    await server.fetch(`/api/whoami?api_key=${key}`)
  }
  const secretOf = (key: string): string => key.slice(key.lastIndexOf('_') + 1)
  return {
    'API key': secretOf(minted),
    'personal key': secretOf(personal),
    'wrong key': secretOf(otherSecret(api_key)),
  }
}

async function tokens(server: TestServer, { owner }: Tenant): Promise<Secrets> {
  const portal = portalClient(server, owner)
  const { id } = await portal.apiTokens.make.mutate({ life: '24h' })
  const { token } = await portal.apiTokens.reveal.mutate({ id })
  const logIn = async (password: string): Promise<unknown> => {
    const answer = await server.fetch('/api/v1/auth/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: owner.email, password }),
    })
    return answer.json()
  }
  await logIn(WRONG_PASSWORD)
  const { access_token } = z.object({ access_token: z.string() }).parse(await logIn(PASSWORD))
  for (const text of [token, access_token]) await server.fetch('/api/whoami', { headers: bearer(text) })
  return { 'API token': token, 'access token': access_token, 'any token': 'eyJ' }
}

async function secondFactor(server: TestServer, who: Person): Promise<Secrets> {
  const { secret } = await portalClient(server, who).auth.startTotp.mutate()
  const code = new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 }).generate()
  const answer = await mutate(server, 'auth.confirmTotp', { code }, { Cookie: who.cookie })
  const { recovery_codes } = z
    .object({ result: z.object({ data: z.object({ recovery_codes: z.array(z.string()) }) }) })
    .parse(await answer.json()).result.data
  const bare = recovery_codes.map((one) => one.replace(/\W/g, ''))
  const session = /session=([^;]+)/.exec(cookiesOf(answer))?.[1] ?? ''
  return {
    'authenticator secret': secret,
    'recovery code': recovery_codes[0] ?? '',
    'recovery code without hyphens': bare[1] ?? '',
    'session cookie': session,
  }
}

async function invitation(server: TestServer, { owner, organization_id }: Tenant): Promise<Secrets> {
  const wanted = { organization_id, email: 'robin@lab.example', role: 'member' as const }
  const { link } = await portalClient(server, owner).invitations.make.mutate(wanted)
  const token = new URL(link).searchParams.get('token') ?? ''
  await server.fetch(new URL(link).pathname + new URL(link).search)
  await portalClient(server).invitation.view.mutate({ token })
  return { 'invitation token': token }
}

/** Pasted where the public half belongs. */
async function privateKey(server: TestServer, { owner }: Tenant): Promise<Secrets> {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-ssh-'))
  const file = join(folder, 'demokey')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
  const key_text = readFileSync(file, 'utf8')
  rmSync(folder, { recursive: true })
  await expect(portalClient(server, owner).sshKeys.add.mutate({ name: 'laptop', key_text })).rejects.toThrow(
    /private key/i,
  )
  const middle = key_text.split('\n')[2] ?? ''
  return { 'private SSH key': middle }
}

test('(1, 4, 7, 60, 71) after everything that hands out or takes a secret, neither disk nor log holds one', async () => {
  await using server = await startTestServer({}, { file: true })
  const lab = await tenant(server)
  const secrets: Secrets = {
    password: PASSWORD,
    'wrong password': WRONG_PASSWORD,
    ...(await keys(server, lab)),
    ...(await tokens(server, lab)),
    ...(await invitation(server, lab)),
    ...(await privateKey(server, lab)),
    ...(await secondFactor(server, await person(server))),
  }
  await server.ctx.background.drain()
  const kept = everythingKept(server)
  expect(kept).toContain(lab.api_key_id)
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length, name).toBeGreaterThan(2)
    expect(kept.includes(secret), name).toBe(false)
  }
})
