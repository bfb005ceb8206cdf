import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { readSession, runStep, STARTERS, sessionNames } from './session.ts'

const places = [['in this process', undefined] as const, ...Object.entries(STARTERS)]

describe.each(places)('whole sessions, as documented, on %s', (_, starter) => {
  test.each(sessionNames())('%s', { timeout: 180_000 }, async (name) => {
    const home = mkdtempSync(join(tmpdir(), 'robotrace-session-'))
    try {
      await using server = await startTestServer()
      const place = { server, tenant: await tenant(server), home, starter }
      const steps = readSession(name)
      expect(steps.length).toBeGreaterThan(3)
      for (const step of steps) {
        expect(`$ ${step.command}\n${await runStep(step, place)}`).toBe(`$ ${step.command}\n${step.expected}`)
      }
    } finally {
      rmSync(home, { recursive: true })
    }
  })
})
