import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openBrowser } from '../../cli/browser.ts'
import { makeHome } from './home.ts'

const LINK = 'http://localhost:3000/cli/auth?code=XKDF-PQ4N&a=`touch owned`;touch owned'

describe('BROWSER', () => {
  const cases: [string, (program: string) => string, string][] = [
    ['a program gets the address as its one argument', (program) => program, `1 ${LINK}`],
    ['%s says where the address goes', (program) => `${program} --new-window %s --quiet`, `3 --new-window`],
    [
      'of several the first that works is taken',
      (program) => `no-such-browser:false:${program}`,
      `1 ${LINK}`,
    ],
  ]
  test.each(cases)('%s', async (_, variable, expected) => {
    using home = makeHome()
    const program = join(home.folder, 'browser')
    const seen = join(home.folder, 'seen')
    writeFileSync(program, `#!/bin/sh\nprintf '%s %s' "$#" "$1" > ${seen}\n`, { mode: 0o755 })
    expect(await openBrowser(LINK, (name) => (name === 'BROWSER' ? variable(program) : undefined))).toBe(true)
    expect(readFileSync(seen, 'utf8')).toBe(expected)
    expect(existsSync('owned')).toBe(false)
  })

  test.each(['no-such-browser', 'false', ':', 'false %s'])(
    '%j opens nothing, and that is known',
    async (value) => {
      expect(await openBrowser(LINK, (name) => (name === 'BROWSER' ? value : undefined))).toBe(false)
    },
  )
})
