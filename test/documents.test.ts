import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DOORS } from '../server/app.ts'
import { PROBLEMS } from '../server/problems.ts'

test('docs/problems.md has one heading a code, with its status and title', () => {
  const text = readFileSync('docs/problems.md', 'utf8')
  const headings = [...text.matchAll(/^## (.+)\n\n\*\*(\d+) (.+)\.\*\*/gm)].map(
    ([, code, status, title]) => ({
      code: code?.replaceAll('-', '_'),
      status: Number(status),
      title,
    }),
  )
  expect(headings).toEqual(
    Object.entries(PROBLEMS).map(([code, { status, title }]) => ({ code, status, title })),
  )
})

test.each([
  ['server/db/schema.gen.ts', 'scripts/db-types.ts'],
  ['docs/openapi.json', 'scripts/openapi.ts'],
  ['docs/configuration.md with robotrace.example.toml', 'scripts/configuration.ts'],
])('%s is fresh', (_file, script) => {
  expect(() =>
    execFileSync(process.execPath, ['--import', 'tsx', script, '--check'], { stdio: 'pipe' }),
  ).not.toThrow()
})

test('docs/openapi.json describes every declared route', () => {
  const document: { paths: Record<string, Record<string, unknown>> } = JSON.parse(
    readFileSync('docs/openapi.json', 'utf8'),
  )
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const declared = DOORS.map(({ method, path }) => `${method} ${path.replace(/[:*](\w+)/g, '{$1}')}`)
  expect(described.sort()).toEqual(declared.sort())
})

test('no document, source or script names a machine, a registry or a way of working', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean)
  const texts = files.filter((file) =>
    /\.(md|ts|tsx|json|sql|css|html|yml|toml)$|^\.(ci|env|npmrc)/.test(file),
  )
  const offenders = texts.filter(
    (file) => FORBIDDEN.test(readFileSync(file, 'utf8')) && file !== 'test/documents.test.ts',
  )
  expect(texts.length).toBeGreaterThan(50)
  expect(offenders).toEqual([])
})

/** Absolute home and work folders, and where packages are downloaded from. */
const FORBIDDEN = /\/work\/|\/root\/|registry\.npmjs|"resolved":/
