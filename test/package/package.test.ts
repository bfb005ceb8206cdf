import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandsOf } from '../../cli/commands.ts'
import { commandOfServer } from '../../cli/server-commands.ts'
import { MOST_CORE_BYTES, type Packed, packIfStale } from '../../scripts/pack.ts'
import { manifestOf } from '../../scripts/pack-manifest.ts'
import { operatorCommands } from '../../server/operator/commands.ts'

let packed: Packed

beforeAll(async () => {
  packed = await packIfStale()
})

const manifest = () => JSON.parse(readFileSync(join(packed.folder, 'package.json'), 'utf8'))
const contents = () =>
  execFileSync('tar', ['-tzf', packed.tarball], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map((path) => path.replace(/^package\//, ''))

test('every command of the operator is one that the client sends to the server', () => {
  const client = commandsOf('robotrace').map(({ name }) => name)
  for (const { name } of operatorCommands({})) {
    expect(commandOfServer(name.split(' '), client)?.message, name).toContain('belongs to the server')
    expect(commandOfServer(name.split(' '), [...client, name, 'serve'])).toBeUndefined()
  }
  for (const name of client) expect(commandOfServer(name.split(' '), client), name).toBeUndefined()
  expect(commandOfServer(['help', 'serve'], client)).toBeDefined()
  expect(commandOfServer(['admin', '--help'], client)).toBeUndefined()
})

describe('the npm package robotrace', () => {
  test('depends on the two packages it needs and no other', () => {
    expect(Object.keys(manifest().dependencies)).toEqual(['commander', 'open'])
    for (const field of ['peerDependencies', 'optionalDependencies', 'devDependencies', 'scripts']) {
      expect(manifest()).not.toHaveProperty(field)
    }
    const code = contents()
      .filter((path) => path.endsWith('.js'))
      .map((path) => readFileSync(join(packed.folder, path), 'utf8'))
      .join('\n')
    const named = [
      ...code.matchAll(/^(?:import|export)\b[^;'"`]*?from "([^".][^"]*)"|\bimport\("([^".]+)"\)/gm),
    ]
    const packages = new Set(
      named.map((match) => match[1] ?? match[2] ?? '').filter((name) => !name.startsWith('node:')),
    )
    expect([...packages].sort()).toEqual(['commander', 'open'])
  })

  test('publint has nothing to say of it', async () => {
    const { messages } = await publint({ pkgDir: packed.folder, strict: true, level: 'suggestion' })
    expect(messages).toEqual([])
  })

  test('its types are right for everybody who imports modules (attw, profile esm-only)', async () => {
    const tarball = createPackageFromTarballData(new Uint8Array(readFileSync(packed.tarball)))
    const result = await checkPackage(tarball)
    if (!result.types) throw new Error('The package has no types.')
    // It holds modules alone, so that what `require` and resolution of before 2019 make of it is not asked.
    const others = new Set(['node10', 'node16-cjs'])
    const problems = result.problems.filter(
      (problem) => !('resolutionKind' in problem && others.has(problem.resolutionKind)),
    )
    expect(problems).toEqual([])
    const asked = Object.values(result.entrypoints['.']?.resolutions ?? {})
    expect(asked.filter(({ resolution }) => resolution?.isTypeScript)).toHaveLength(3)
  })

  test('holds what was built, its types and its papers, and nothing else', () => {
    const expected =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|THIRD-PARTY-LICENSES\.md|index\.js|web\.js|sdk-\w+\.js|bin\/(robotrace|rbtk|commands-\w+)\.js|types\/[\w/-]+\.d\.ts)$/
    expect(contents().filter((path) => !expected.test(path))).toEqual([])
    expect(contents().filter((path) => /test|\.env|credentials$|secret/i.test(path))).toEqual([])
    const naming = (pattern: RegExp): string[] =>
      contents().filter((path) => pattern.test(readFileSync(join(packed.folder, path), 'utf8')))
    // A key with its checksum would be a real one; the examples of the documents are shorter.
    expect(naming(/(?:rt|rbtk|rte)_[0-9A-Za-z]{10}_[0-9A-Za-z_-]{20}(?![\w-])/)).toEqual([])
    expect(naming(/sourceMappingURL|@robotrace\/sdk['"/]/)).toEqual([])
  })

  test('carries the licence of each package that is bundled', () => {
    const papers = readFileSync(join(packed.folder, 'THIRD-PARTY-LICENSES.md'), 'utf8')
    expect([...papers.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(['smol-toml', 'uqr', 'yaml'])
  })

  test('its core fits into 12 KB for a page, minified and gzipped', () => {
    expect(packed.core_bytes).toBeGreaterThan(4_000)
    expect(packed.core_bytes).toBeLessThanOrEqual(MOST_CORE_BYTES)
  })

  test('is published in public with provenance, which names the repository it was built from', () => {
    expect(manifest().publishConfig).toEqual({ access: 'public', provenance: true })
    const root: unknown = JSON.parse(readFileSync('package.json', 'utf8'))
    const env = { GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'acme/robotrace' }
    expect(manifestOf(root, env)).toMatchObject({
      repository: { type: 'git', url: 'git+https://git.example/acme/robotrace.git' },
    })
  })
})
