import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { SCHEMA_VERSION } from '../../server/db/open.ts'
import { fillFirstRelease } from '../database/first-release.ts'
import { bareMachine } from './one-file.ts'

test('the single executable brings an installation of the first release up to date when it starts on it', async () => {
  await using machine = bareMachine()
  const data = join(machine.folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  fillFirstRelease(join(data, 'robotrace.db'))
  const server = machine.start(['serve'], { HOME: machine.home, PORT: '0' })
  const [, url = ''] = await server.until(/RoboTrace \S+ · (http:\S+) ·/)
  expect((await fetch(new URL('/readyz', url))).status).toBe(200)
  server.child.kill('SIGTERM')
  expect(await server.exit, server.stderr()).toBe(0)
  const sqlite = new Sqlite(join(data, 'robotrace.db'), { readonly: true })
  const found = sqlite.prepare('SELECT max(version) FROM schema_versions').pluck().get()
  sqlite.close()
  expect(found).toBe(SCHEMA_VERSION)
  expect(readdirSync(machine.folder).sort()).toEqual(['data', 'robotrace'])
})
