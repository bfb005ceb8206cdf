import { isSetupNeeded } from '../server/accounts/setup.ts'
import { readConfig } from '../server/config.ts'
import { startServer } from '../server/serve.ts'
import { logSampleEpisodes, seedOrganization } from './seed.ts'

/** The server as `npm run dev` runs it: seeded once, with a login that a developer can type from memory. */
const LOGIN = { email: 'dev@lab.example', password: 'robots robots' }

const { config, secrets } = readConfig({
  ROBOTRACE_DATA: './data/dev',
  ROBOTRACE_LOG_LEVEL: 'warn',
  ...process.env,
})
const server = await startServer(config, secrets)
if (await isSetupNeeded(server.ctx)) {
  const { api_key } = await seedOrganization(server.ctx, LOGIN)
  const episodes = await logSampleEpisodes(server.local_url, api_key)
  console.log(`Seeded ${episodes.length} episodes. API key: ${api_key}`)
}
console.log(`Sign in at ${server.url}/login as ${LOGIN.email} with the password: ${LOGIN.password}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => server[Symbol.asyncDispose]().then(() => process.exit(0)))
}
