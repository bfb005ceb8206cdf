import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/closing-line.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // What comes by itself comes later on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    // The OpenID provider of the tests warns at every start that it is one.
    onConsoleLog: (text) => (text.startsWith('oidc-provider ') ? false : undefined),
    // A test that is marked to run alone would hide all others.
    allowOnly: false,
  },
})
