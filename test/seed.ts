import { crc32 } from 'node:zlib'
import { hashPassword } from '../server/accounts/passwords.ts'
import { startSession } from '../server/accounts/sessions.ts'
import { mintApiKey } from '../server/api-keys/api-keys.ts'
import type { PersonCaller, Role } from '../server/caller.ts'
import { newId } from '../server/db/ids.ts'
import { insertOrganization } from '../server/organizations/organizations.ts'
import type { TestServer } from './harness.ts'

/** People, organizations and keys for tests, made through the nouns so that no impossible row comes to be. */
export const PASSWORD = 'correct horse battery staple'

/** One hash for all seeded people: a fresh Argon2 for each would be most of a test's time. */
let hashed: Promise<string> | undefined

export interface Person {
  caller: PersonCaller
  email: string
  password: string
  /** A Cookie header that signs requests in as this person. */
  cookie: string
}

export async function person(
  server: TestServer,
  overrides: { name?: string; staff?: boolean } = {},
): Promise<Person> {
  const id = newId('acc')
  const email = `${id.slice(4, 10)}@lab.example`
  const name = overrides.name ?? 'Ada Okafor'
  const created_at = server.ctx.now().toISOString()
  hashed ??= hashPassword(PASSWORD)
  await server.ctx.db
    .insertInto('accounts')
    .values({
      id,
      email,
      name,
      password_hash: await hashed,
      created_at,
      staff_since: overrides.staff ? created_at : null,
    })
    .execute()
  const from = { ip: '127.0.0.1', user_agent: 'test' }
  const session = await startSession(server.ctx, id, from)
  const caller: PersonCaller = {
    kind: 'person',
    account_id: id,
    email,
    name,
    staff: overrides.staff ?? false,
    credential: { kind: 'session', id: '' },
    scopes: undefined,
    verified_at: created_at,
    request_id: '',
    ...from,
    roles: new Map(),
    locked: new Set(),
  }
  return { caller, email, password: PASSWORD, cookie: `robotrace_session=${session}` }
}

export interface Tenant {
  organization_id: string
  owner: Person
  /** A live key of this organization. */
  api_key: string
  api_key_id: string
}

/** An organization with its owner and one live key. */
export async function tenant(server: TestServer, overrides: { name?: string } = {}): Promise<Tenant> {
  const owner = await person(server)
  const name = overrides.name ?? 'Halcyon Robotics'
  const at = server.ctx.now().toISOString()
  const slug = `lab-${newId('acc').slice(4, 12)}`
  const organization_id = await insertOrganization(server.ctx.db, owner.caller.account_id, { name, slug }, at)
  owner.caller = { ...owner.caller, roles: new Map([[organization_id, 'owner']]) }
  const { key, api_key } = await mintApiKey(server.ctx, owner.caller, {
    organization_id,
    label: 'prod robot rig',
  })
  return { organization_id, owner, api_key: key, api_key_id: api_key.id }
}

/** Somebody with a role in an organization that exists already. */
export async function member(server: TestServer, organization_id: string, role: Role): Promise<Person> {
  const somebody = await person(server, { name: `A ${role}` })
  await server.ctx.db
    .insertInto('members')
    .values({
      organization_id,
      account_id: somebody.caller.account_id,
      role,
      created_at: server.ctx.now().toISOString(),
    })
    .execute()
  return { ...somebody, caller: { ...somebody.caller, roles: new Map([[organization_id, role]]) } }
}

export function bearer(key: string): { Authorization: string } {
  return { Authorization: `Bearer ${key}` }
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A well-formed key, checksum included, with this key's public id and another secret. */
export function otherSecret(key: string): string {
  const text = key.slice(0, -6).replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < 6; place++) {
    digits = BASE62.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return text + digits
}
