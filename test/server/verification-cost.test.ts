import express from 'express'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createAccess } from '../../server/access/access.ts'
import { createBackground } from '../../server/background.ts'
import { door } from '../../server/http/door.ts'
import { listen } from '../../server/http/listen.ts'
import { createLog } from '../../server/log.ts'
import { apiToken } from '../api-token.ts'
import { countedDatabase, rowsChanged } from '../database-counter.ts'
import { startTestServer } from '../harness.ts'
import { bearer, otherSecret, tenant } from '../seed.ts'

/** A door behind which nothing is done. */
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

test('whoever comes with a key or a token costs the database one read and no write, rate limit included', async () => {
  const counted = countedDatabase()
  // What comes back by itself asks the database as well; here only what requests cost is counted.
  const background = { ...createBackground(createLog('silent', process.stderr)), every: () => {} }
  await using server = await startTestServer(
    { ROBOTRACE_RATE_LIMIT: '1000' },
    { overrides: { db: counted.db, background } },
  )
  const { api_key, owner } = await tenant(server)
  const token = await apiToken(server, owner)
  const listener = await listen(0, '127.0.0.1')
  listener.serve(express().get('/', only.handler(server.ctx, createAccess(server.ctx))))
  const ask = (credential: string) =>
    fetch(`http://127.0.0.1:${listener.port}/`, { headers: bearer(credential) })
  try {
    for (const [credential, status] of [
      [api_key, 200],
      [token, 200],
      [otherSecret(api_key), 401],
    ] as const) {
      const [statements, changes] = [counted.statements(), await rowsChanged(server)]
      for (let nth = 0; nth < 50; nth++) expect((await ask(credential)).status).toBe(status)
      // Asking for the count of changes is one statement itself.
      expect(counted.statements() - statements).toBe(51)
      expect(await rowsChanged(server)).toBe(changes)
    }
  } finally {
    await listener.close(0)
  }
})
