import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { firstEpisodeSnippets } from '../../portal/episodes/snippets.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, tenant } from '../seed.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const VIDEO = join(ROOT, 'scripts/sample/recordings/pick-and-place/video.mp4')

test('the first lines are curl, then every runtime, then Python, each with this server’s own address', () => {
  const snippets = firstEpisodeSnippets('https://lab.example')
  expect(snippets.map((one) => one.name)).toEqual(['curl', 'Node', 'Deno', 'Bun', 'Python'])
  for (const { code } of snippets) expect(code).toContain('https://lab.example')
  expect(snippets.map((one) => one.run)).toEqual([
    undefined,
    'npx tsx log.ts',
    'deno run -A log.ts',
    'bun log.ts',
    undefined,
  ])
})

test('the lines of curl log a finished episode when they are pasted', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  await run('bash', ['-euc', lines(server, 'curl')], { env: { ...process.env, ROBOTRACE_API_KEY: api_key } })
  expect(await logged(server, api_key)).toMatchObject([
    { name: 'first run', status: 'ready', bytes_total: 0 },
  ])
})

test('the lines of curl and Node name the project that is looked at', async () => {
  await using server = await startTestServer()
  const { api_key, owner, organization_id } = await tenant(server)
  await portalClient(server, owner).organization.createProject.mutate({ organization_id, name: 'Hall 2' })
  await using checkout = await openCheckout()
  const env = { ...process.env, ROBOTRACE_API_KEY: api_key }
  const [curl, node] = firstEpisodeSnippets(server.url, 'hall-2')
  await run('bash', ['-euc', curl?.code ?? ''], { env })
  await writeFile(join(checkout.folder, 'log.ts'), node?.code ?? '')
  await run(join(ROOT, 'node_modules/.bin/tsx'), ['log.ts'], { cwd: checkout.folder, env })
  expect(await logged(server, api_key, 'hall-2')).toHaveLength(2)
})

test.each(['Node', 'Deno', 'Bun'])(
  'the lines of %s, saved in a checkout, log an episode with a video',
  async (name) => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { size: bytes } = await stat(VIDEO)
    await using checkout = await openCheckout()
    await writeFile(join(checkout.folder, 'log.ts'), lines(server, name))
    const command = firstEpisodeSnippets(server.url).find((one) => one.name === name)?.run ?? ''
    const [program = '', ...words] = command.replace('npx ', '').split(' ')
    await run(join(ROOT, 'node_modules/.bin', program), words, {
      cwd: checkout.folder,
      env: { ...process.env, ROBOTRACE_API_KEY: api_key },
    })
    expect(await logged(server, api_key)).toMatchObject([
      { name: 'first run', status: 'ready', bytes_total: bytes },
    ])
  },
)

function lines(server: TestServer, name: string): string {
  return firstEpisodeSnippets(server.url).find((one) => one.name === name)?.code ?? ''
}

/** A folder that has in its root what a checkout has, so that nothing is written into the real one. */
async function openCheckout() {
  const folder = await mkdtemp(join(tmpdir(), 'checkout-'))
  for (const name of ['sdk', 'scripts', 'node_modules', 'package.json', 'deno.json'])
    await symlink(join(ROOT, name), join(folder, name))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

async function logged(server: TestServer, api_key: string, project = 'default') {
  const answer = await server.fetch(`/api/episodes?project=${project}`, { headers: bearer(api_key) })
  return z.object({ items: z.array(z.unknown()) }).parse(await answer.json()).items
}
