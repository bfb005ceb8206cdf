import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Client } from '../sdk/mod.ts'
import { startTestServer } from './harness.ts'
import { tenant } from './seed.ts'

const run = promisify(execFile)

/** The blocks of shell in the README, as they are pasted. */
const blocks = [...readFileSync('README.md', 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? '',
)
const lines = blocks.flatMap((block) => block.split('\n'))
const curl = blocks.find((block) => block.includes('curl')) ?? ''

describe('what the README says to paste works', () => {
  const examples = lines.filter((line) => line.includes('docs/examples/'))

  test.each([...examples.map((line) => [line, line]), ['the block of curl', curl]])(
    '%s',
    async (_, script) => {
      await using server = await startTestServer()
      const { api_key } = await tenant(server)
      const env = { ...process.env, ROBOTRACE_API_KEY: api_key, ROBOTRACE_BASE_URL: server.url }
      const { stdout } = await run('bash', ['-euc', script], { env })
      const client = new Client({ api_key, base_url: server.url, verbose: false })
      const { items } = await client.listEpisodesPage()
      expect(items).toHaveLength(1)
      expect(items[0]).toMatchObject({ status: 'ready', duration_s: 8 })
      expect(items[0]?.bytes_total).toBeGreaterThan(200_000)
      expect(stdout).toContain(items[0]?.id)
    },
  )

  test('all three runtimes and curl are there', () => {
    expect(examples.map((line) => line.split(' ')[1])).toEqual(['tsx', 'deno', 'bun'])
    expect(curl).toContain('finalize')
  })
})
