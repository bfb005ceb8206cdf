import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packIfStale } from '../../scripts/pack.ts'
import { VERSION as OF_SDK } from '../../sdk/version.ts'
import { VERSION as OF_SERVER } from '../../server/project.ts'
import { serverVersion } from '../../server/reference/version.ts'

const read = (file: string): { version: string } => JSON.parse(readFileSync(file, 'utf8'))
const { version } = read('package.json')

test('one version everywhere: repository, SDK, JSR, npm, server, API description', async () => {
  const { folder } = await packIfStale()
  const lock: { version: string; packages: Record<string, { version: string }> } = JSON.parse(
    readFileSync('package-lock.json', 'utf8'),
  )
  const { info }: { info: { version: string } } = JSON.parse(readFileSync('docs/openapi.json', 'utf8'))
  expect({
    'deno.json': read('deno.json').version,
    'package-lock.json': lock.version,
    'its root': lock.packages['']?.version,
    'sdk/version.ts': OF_SDK,
    'server/project.ts': OF_SERVER,
    'GET /api/version': serverVersion().version,
    'docs/openapi.json': info.version,
    'the npm package': read(join(folder, 'package.json')).version,
  }).toEqual({
    'deno.json': version,
    'package-lock.json': version,
    'its root': version,
    'sdk/version.ts': version,
    'server/project.ts': version,
    'GET /api/version': version,
    'docs/openapi.json': version,
    'the npm package': version,
  })
})

test('the newest heading of CHANGELOG.md is this version, or says that it is still to come', () => {
  const text = readFileSync('CHANGELOG.md', 'utf8')
  const headings = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? '')
  const [newest = '', ...released] = headings
  if (newest === 'Unreleased') {
    expect(text).toContain(`## Unreleased\n\nWhat becomes ${version}.`)
  } else {
    expect(newest).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d\\d-\\d\\d\\)$`))
  }
  const numbers = released.map((heading) => /^(\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$/.exec(heading)?.[1])
  expect(numbers.at(-1)).toBe('0.1.0')
  expect(numbers).not.toContain(undefined)
  expect(numbers.filter((one) => one === version)).toEqual([])
})
