import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { insertApiKey } from '../../server/api-keys/api-keys.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { SCOPES } from '../../server/organizations/scopes.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, person, type Tenant, tenant } from '../seed.ts'
import { accessToken } from '../token-requests.ts'
import { type Receiver, startReceiver } from '../webhook-receiver.ts'

/** The organization that all examples speak of, and how to make what one of them needs. */
export interface ExampleWorld extends AsyncDisposable {
  server: TestServer
  at: Tenant
  /** A key of the organization that may do everything there. */
  key: string
  portal: ReturnType<typeof portalClient>
  /** What the organization, and what its default project, is called in examples. */
  place: { org: string; project: string }
  receiver: Receiver
  /** An access token of the owner; of an administrator of the installation. */
  ownersToken: () => Promise<string>
  staffsToken: () => Promise<string>
  /** A request with the organization's key. */
  send: (method: string, path: string, body?: object) => Promise<unknown>
  /** Headers that a secret scanner sends with an alert. */
  scannersSignature: (body: string) => Record<string, string>
}

const SCANNER = 'f9525bf080f75b35'

/** Parts that all examples of a file share: making them takes longer than an example. */
export interface Shared extends AsyncDisposable {
  receiver: Receiver
  folder: string
  keys_file: string
  scanner: ReturnType<typeof scannersPair>
}

function scannersPair() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

/** @example const shared = await makeShared() */
export async function makeShared(): Promise<Shared> {
  const receiver = await startReceiver()
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-examples-'))
  const scanner = scannersPair()
  const keys_file = join(folder, 'keys.json')
  const key = scanner.publicKey.export({ type: 'spki', format: 'pem' })
  writeFileSync(
    keys_file,
    JSON.stringify({ public_keys: [{ key_identifier: SCANNER, key, is_current: true }] }),
  )
  return {
    ...{ receiver, folder, keys_file, scanner },
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A server with nothing but the organization `acme`, its owner and a key. */
export async function makeExampleWorld({ receiver, keys_file, scanner }: Shared): Promise<ExampleWorld> {
  const server = await startTestServer({
    ROBOTRACE_WEBHOOK_NETWORKS: '127.0.0.1',
    ROBOTRACE_WEBHOOK_CA: receiver.ca,
    ROBOTRACE_SCANNING_KEYS: keys_file,
  })
  const at = await tenant(server, { name: 'Acme Robotics' })
  await named(server, at)
  const key = await everyScope(server, at)
  const portal = portalClient(server, at.owner)
  return {
    ...{ server, at, key, portal, receiver, place: { org: 'acme', project: 'default' } },
    ownersToken: () => accessToken(server, at.owner),
    staffsToken: async () => accessToken(server, await person(server, { staff: true })),
    async send(method, path, body) {
      const answer = await server.fetch(path, {
        method,
        headers: { ...bearer(key), ...(body ? { 'Content-Type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return answer.json()
    },
    scannersSignature: (body) => ({
      'Github-Public-Key-Identifier': SCANNER,
      'Github-Public-Key-Signature': sign('sha256', Buffer.from(body), scanner.privateKey).toString('base64'),
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** What seeds draw at random has the names that the examples use. */
async function named(server: TestServer, at: Tenant): Promise<void> {
  const { db } = server.ctx
  await db.updateTable('organizations').set({ slug: 'acme' }).where('id', '=', at.organization_id).execute()
  await db
    .updateTable('accounts')
    .set({ email: 'ada@lab.example' })
    .where('id', '=', at.owner.caller.account_id)
    .execute()
}

async function everyScope(server: TestServer, at: Tenant): Promise<string> {
  const { key, id, hash } = makeKey()
  const created_by = at.owner.caller.account_id
  // Later than the key of the tenant, so that lists have one order.
  const created_at = new Date(server.ctx.now().getTime() + 60_000).toISOString()
  await insertApiKey(server.ctx.db, {
    ...{ id, organization_id: at.organization_id, prefix: 'rt', label: 'automation', secret_hash: hash },
    ...{ scopes: SCOPES.join(' '), created_by, created_at, use_count: 0 },
  })
  return key
}
