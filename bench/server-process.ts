import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import express from 'express'
import { z } from 'zod'
import { createAccess } from '../server/access/access.ts'
import { startSession } from '../server/accounts/sessions.ts'
import { mintApiKey } from '../server/api-keys/api-keys.ts'
import type { PersonCaller } from '../server/caller.ts'
import { readConfig } from '../server/config.ts'
import type { AppContext } from '../server/context.ts'
import { newId } from '../server/db/ids.ts'
import { openDatabase } from '../server/db/open.ts'
import { door } from '../server/http/door.ts'
import { listen } from '../server/http/listen.ts'
import { insertOrganization } from '../server/organizations/organizations.ts'
import { startServer } from '../server/serve.ts'
import { fillKeys, makeTokens } from './fill-keys.ts'
import { fillRobots } from './fill-robots.ts'

/**
 * One server under load, in a process of its own: `robotrace`, `robotrace-each` (one commit a request),
 * `robotrace-keys` (with so many keys), `robotrace-fleet` (with so many robots), or one of the baselines, `express`,
 * `express-get` and `file`. Says where it listens as one JSON line; ends with its standard input.
 */
const [kind = '', folder = '', count = '0'] = process.argv.slice(2)

interface Said {
  url: string
  api_key: string
  organization_id: string
  cookie: string
  account_id: string
  keys?: string[]
  tokens?: string[]
}

async function robotrace(commit: 'grouped' | 'each'): Promise<Said> {
  const { config, secrets } = readConfig({
    PORT: '0',
    ROBOTRACE_DATA: folder,
    // A thousand terminals in one bench come from a thousand addresses, which the load names itself.
    ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32',
    // Nobody is refused, and counting costs what it costs. 0 shows how much that is.
    ROBOTRACE_RATE_LIMIT: process.env.ROBOTRACE_RATE_LIMIT ?? '100000000',
  })
  const server = await startServer(config, secrets, {
    db: openDatabase(join(folder, 'robotrace.db'), '0.0.0', { commit }),
  })
  const owner = await seedOwner(server.ctx)
  if (count === '0') return { url: server.local_url, ...owner }
  if (kind === 'robotrace-fleet') {
    return { url: server.local_url, ...owner, keys: fillRobots(folder, owner, Number(count)) }
  }
  const keys = fillKeys(folder, owner, Number(count))
  const tokens = await makeTokens(server.ctx, owner.account_id, 500)
  return { url: await verifier(server.ctx), ...owner, keys, tokens }
}

/** A door behind which nothing is done: what is measured is who may come through it, as every request is asked. */
async function verifier(ctx: AppContext): Promise<string> {
  const only = door({
    method: 'GET',
    path: '/',
    caller: 'credential',
    summary: 'Nothing',
    input: z.object({}),
    output: z.object({ valid: z.boolean() }),
    status: 200,
    example: {},
    handle: async () => ({ valid: true }),
  })
  const listener = await listen(0, '127.0.0.1')
  const app = express().get('/', only.handler(ctx, createAccess(ctx)))
  listener.serve(app)
  return `http://127.0.0.1:${listener.port}`
}

async function seedOwner(ctx: Parameters<typeof mintApiKey>[0]): Promise<Omit<Said, 'url'>> {
  const id = newId('acc')
  const created_at = ctx.now().toISOString()
  await ctx.db
    .insertInto('accounts')
    .values({ id, email: `${id}@bench.example`, name: 'Bench', password_hash: randomUUID(), created_at })
    .execute()
  const organization_id = await insertOrganization(ctx.db, id, { name: 'Bench', slug: 'bench' }, created_at)
  const caller: PersonCaller = {
    kind: 'person',
    account_id: id,
    email: '',
    name: '',
    staff: false,
    credential: { kind: 'session', id: '' },
    scopes: undefined,
    verified_at: created_at,
    ip: '',
    user_agent: '',
    request_id: '',
    roles: new Map([[organization_id, 'owner']]),
    locked: new Set(),
  }
  const { key } = await mintApiKey(ctx, caller, { organization_id, label: 'bench' })
  const session = await startSession(ctx, id, { ip: '127.0.0.1', user_agent: 'bench' })
  return { account_id: id, api_key: key, organization_id, cookie: `robotrace_session=${session}` }
}

/** What everybody writes first: Express as it comes, one JSON answer. */
async function helloExpress(method: 'get' | 'post'): Promise<{ url: string }> {
  const app = express()
  app[method]('/', (_request, response) => {
    response.json({ hello: 'world' })
  })
  return { url: await listening(app.listen(0, '127.0.0.1')) }
}

/** The least that can be called storing: a bare stream into a file, and an fsync. */
async function bareFile(): Promise<{ url: string }> {
  let count = 0
  const server = createServer(async (request, response) => {
    const path = join(folder, `bare-${count++}`)
    await pipeline(request, createWriteStream(path))
    const file = await open(path)
    await file.sync()
    await file.close()
    response.end('{}')
  })
  return { url: await listening(server.listen(0, '127.0.0.1')) }
}

async function listening(server: Server): Promise<string> {
  await once(server, 'listening')
  // A TCP server's address is never a string or null while it listens.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const KINDS: Record<string, () => Promise<{ url: string }>> = {
  robotrace: () => robotrace('grouped'),
  'robotrace-each': () => robotrace('each'),
  'robotrace-keys': () => robotrace('grouped'),
  'robotrace-fleet': () => robotrace('grouped'),
  express: () => helloExpress('post'),
  'express-get': () => helloExpress('get'),
  file: bareFile,
}

mkdirSync(folder, { recursive: true })
const start = KINDS[kind]
if (!start) throw new TypeError(`unknown kind of server: ${kind}`)
process.stdout.write(`${JSON.stringify(await start())}\n`)
process.stdin.on('end', () => process.exit(0)).resume()
