import { expect, test } from 'vitest'
import { start } from '../device-login/login.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { person, tenant } from '../seed.ts'

test('what has expired is forgotten in the background, and what is alive stays', async () => {
  await using server = await startTestServer()
  const { owner } = await tenant(server)
  await start(server)
  await portalClient(server, owner)
    .deviceLogin.claim.mutate({ user_code: 'BBBB-BBBB' })
    .catch(() => {})
  const count = async () => ({
    logins: (await server.ctx.db.selectFrom('device_logins').select('id').execute()).length,
    budgets: (await server.ctx.db.selectFrom('guess_budgets').select('bucket').execute()).length,
    sessions: (await server.ctx.db.selectFrom('sessions').select('id_hash').execute()).length,
  })
  await server.ctx.background.drain()
  expect(await count()).toEqual({ logins: 1, budgets: 3, sessions: 1 })
  server.clock.advance('8d')
  await server.ctx.background.drain()
  expect(await count()).toEqual({ logins: 0, budgets: 0, sessions: 1 })
  server.clock.advance('23d')
  await person(server)
  await server.ctx.background.drain()
  expect((await count()).sessions).toBe(1)
})
