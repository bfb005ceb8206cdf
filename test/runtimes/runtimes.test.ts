import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { RUNTIMES, type RuntimeName, runScenario } from './run.ts'

/** Two and a half times what memory may grow: an SDK that holds the file cannot pass. */
const BIG_BYTES = 384 * 1024 * 1024
const PIECE = Buffer.alloc(4 * 1024 * 1024, 'joint positions, velocities, efforts; ')

let folder: string
let big: { BIG_FILE: string; BIG_FILE_SHA256: string }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'robotrace-runtimes-'))
  const path = join(folder, 'sensors.npz')
  const hash = createHash('sha256')
  const file = await open(path, 'w')
  for (let written = 0; written < BIG_BYTES; written += PIECE.length) {
    PIECE.writeBigUInt64LE(BigInt(written))
    hash.update(PIECE)
    await file.write(PIECE)
  }
  await file.close()
  big = { BIG_FILE: path, BIG_FILE_SHA256: hash.digest('hex') }
})

afterAll(() => rmSync(folder, { recursive: true }))

const NAMES: RuntimeName[] = ['node', 'node 24', 'deno', 'bun']

test.each(NAMES)('the scenario passes on %s', { timeout: 180_000 }, async (name) => {
  expect(Object.keys(RUNTIMES)).toContain(name)
  await using server = await startTestServer()
  const at = await tenant(server)
  const { api_key } = at
  const made = await portalClient(server, at.owner).fleet.makeEnrolmentToken.mutate({
    ...{ ...projectOf(at), label: 'runtimes' },
  })
  const env = {
    ...big,
    ENROLMENT_TOKEN: made.token,
    ROBOTRACE_BASE_URL: server.url,
    ROBOTRACE_API_KEY: api_key,
    ROBOTRACE_HOME: folder,
  }
  const { status, output } = await runScenario(name, env)
  expect(status, output).toBe(0)
  expect(output).toMatch(/memory grew by \d+ MB/)
  expect(output + server.log()).not.toContain(api_key.slice(14))
  expect(output + server.log()).not.toContain(made.token.slice(15))
})
