import { readConfig } from '../../server/config.ts'
import { startServer } from '../../server/serve.ts'
import type { TestServer } from '../harness.ts'
import { tenant } from '../seed.ts'

/** A server process of its own with one organization in it: says where it listens and a key, and runs until it is killed. */
const { config, secrets } = readConfig(process.env)
const server = await startServer(config, secrets)
// The nouns that seed ask for the context only.
const { api_key } = await tenant({ ctx: server.ctx } as TestServer)
process.stdout.write(`${JSON.stringify({ url: server.local_url, api_key })}\n`)
