import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'

/**
 * The peer under load: better-auth with its API-key plugin, on the Express and the SQLite of this project. Copied into
 * the folder where the bench installs its packages. Says where it listens, and some of its keys, as one JSON line.
 */
const [project = '', count = '1000', sample = '1000'] = process.argv.slice(2)
const require = createRequire(join(project, 'package.json'))
const express = require('express')
const Sqlite = require('better-sqlite3')

const database = new Sqlite(join(process.cwd(), 'peer.db'))
database.pragma('journal_mode = WAL')
const options = {
  database,
  secret: 'a secret for measuring only, 32 characters or more',
  baseURL: 'http://127.0.0.1',
  telemetry: { enabled: false },
  logger: { disabled: true },
  // Its keys are good for ten requests a day unless told otherwise.
  plugins: [apiKey({ rateLimit: { enabled: false } })],
}
const { runMigrations } = await getMigrations(options)
await runMigrations()
const auth = betterAuth(options)
const context = await auth.$context
const user = await context.internalAdapter.createUser({
  email: 'bench@bench.example',
  name: 'Bench',
  emailVerified: true,
})
const keys = []
for (let nth = 0; nth < Number(count); nth++) {
  const made = await auth.api.createApiKey({ body: { name: `key ${nth}`, userId: user.id } })
  if (nth % Math.ceil(Number(count) / Number(sample)) === 0) keys.push(made.key)
}

const app = express()
app.get('/', async (request, response) => {
  const { valid } = await auth.api.verifyApiKey({
    body: { key: request.get('authorization')?.slice('Bearer '.length) ?? '' },
  })
  response.status(valid ? 200 : 401).json({ valid })
})
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, keys })}\n`)
})
process.stdin.on('end', () => process.exit(0)).resume()
