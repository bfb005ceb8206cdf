import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KEY } from '../sdk/wire-server.ts'
import { makeHome } from './home.ts'
import { startLoginServer } from './login-server.ts'

describe('a folder where no credentials file can be', () => {
  test.each(['login', 'whoami', 'logout', 'logout --all --revoke'])(
    'ROBOTRACE_HOME is a file, or goes through one: robotrace %s says so, and the file is left as it was',
    async (command) => {
      using home = makeHome()
      await using server = await startLoginServer()
      const file = join(home.folder, 'notes')
      writeFileSync(file, 'mine')
      chmodSync(file, 0o640)
      for (const folder of [file, join(file, 'deeper')]) {
        const env = { ROBOTRACE_HOME: folder, ROBOTRACE_BASE_URL: server.url }
        const { status, host } = await home.robotrace(command, { env })
        expect(status).toBe(1)
        expect(host.stderr()).toBe(
          `Error: ${folder} is not a folder, so no credentials file can be in it.\n` +
            'Try: point ROBOTRACE_HOME at a folder, or remove the variable for ~/.robotrace\n',
        )
      }
      expect(statSync(file).mode & 0o777).toBe(0o640)
      expect(server.arrived).toEqual([])
    },
  )

  test('one that the system does not let anybody make ends the login with a sentence, before any request', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    for (const folder of ['/proc/robotrace', '/proc/robotrace/deeper']) {
      const { status, host } = await home.robotrace(`login --base-url ${server.url}`, {
        env: { ROBOTRACE_HOME: folder },
      })
      expect(status).toBe(1)
      expect(host.stderr()).toContain(`Error: The credentials file ${folder}/credentials cannot be written (`)
      expect(host.stderr()).toContain('Try: ')
    }
    expect(server.arrived).toEqual([])
  })

  test('what the check makes it takes away again; a folder that was there stays', async () => {
    using home = makeHome()
    const failed = await home.robotrace('login --base-url http://127.0.0.1:1')
    expect(failed.status).toBe(1)
    expect(existsSync(join(home.folder, '.robotrace'))).toBe(false)
    const own = join(home.folder, 'own')
    mkdirSync(own)
    await home.robotrace('login --base-url http://127.0.0.1:1', { env: { ROBOTRACE_HOME: own } })
    expect(readdirSync(own)).toEqual([])
  })

  test('a folder several levels down is made as a whole', async () => {
    using home = makeHome()
    await using server = await startLoginServer()
    const folder = join(home.folder, 'a', 'b', 'c')
    const { status } = await home.robotrace(`login --base-url ${server.url}`, {
      env: { ROBOTRACE_HOME: folder },
    })
    expect(status).toBe(0)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })
})

test('a file that is no TOML: the line, what to do, and nothing of its content', async () => {
  for (const command of ['login', 'whoami', 'logout']) {
    using home = makeHome()
    home.save(`[default]\napi_key = "${KEY}\n`)
    const { status, host } = await home.robotrace(command)
    expect(status).toBe(1)
    expect(host.stderr()).toContain('neither TOML nor JSON (line 2).')
    expect(host.stderr()).toContain('Try: repair that file or move it away, then run `robotrace login`')
    expect(host.text()).not.toContain(KEY.slice(14))
  }
})
