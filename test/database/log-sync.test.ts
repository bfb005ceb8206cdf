import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLogSync } from '../../server/db/log-sync.ts'

test('whoever asks while a sync runs shares the next one, and none shares one that has begun', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-log-'))
  writeFileSync(join(folder, 'a.db-wal'), 'frames')
  const log = createLogSync(join(folder, 'a.db'))
  const first = log.sync()
  const second = log.sync()
  const third = log.sync()
  expect(second).not.toBe(first)
  expect(third).toBe(second)
  await first
  const fourth = log.sync()
  expect(fourth).not.toBe(first)
  await Promise.all([second, fourth])
  await log.close()
  rmSync(folder, { recursive: true })
})

test('a log that cannot be synced says so: nobody is told that a write is durable', async () => {
  const log = createLogSync(join(tmpdir(), 'robotrace-no-such-folder', 'a.db'))
  await expect(log.sync()).rejects.toThrow('ENOENT')
  await log.close()
})
