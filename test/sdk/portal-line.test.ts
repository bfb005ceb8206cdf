import { expect, test } from 'vitest'
import { portalLine } from '../../sdk/host/portal-line.ts'

const URL = 'http://localhost:3000/portal/episodes/ep_8f3c'

const line = (env: Record<string, string>, tty = true, verbose?: boolean) =>
  portalLine(URL, { env: (name) => env[name], tty, verbose })

test('a terminal with links gets one, around an address that can be copied', () => {
  expect(line({ TERM_PROGRAM: 'vscode' })).toBe(
    `[robotrace] → \u001b]8;;${URL}\u001b\\${URL}\u001b]8;;\u001b\\`,
  )
})

test.each<Record<string, string>>([{}, { TERM: 'dumb', TERM_PROGRAM: 'vscode' }, { VTE_VERSION: '4999' }])(
  'a terminal without links gets plain text: %j',
  (env) => expect(line(env)).toBe(`[robotrace] → ${URL}`),
)

test('a pipe gets nothing, unless asked for, and then without escapes', () => {
  expect(line({ TERM_PROGRAM: 'vscode' }, false)).toBeUndefined()
  expect(line({ TERM_PROGRAM: 'vscode' }, false, true)).toBe(`[robotrace] → ${URL}`)
})

test.each(['1', 'true', 'yes', 'YES'])(
  'ROBOTRACE_QUIET=%s silences it; verbose: true speaks anyway',
  (quiet) => {
    expect(line({ ROBOTRACE_QUIET: quiet })).toBeUndefined()
    expect(line({ ROBOTRACE_QUIET: quiet }, true, true)).toContain(URL)
  },
)

test('verbose: false silences it; ROBOTRACE_QUIET=0 does not', () => {
  expect(line({}, true, false)).toBeUndefined()
  expect(line({ ROBOTRACE_QUIET: '0' })).toContain(URL)
})
