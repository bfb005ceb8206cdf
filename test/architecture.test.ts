import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Who may import whom (ARCHITECTURE.md, the nine rules): read the import lines and compare. */
interface Import {
  file: string
  /** Path from the root, or a package's name. */
  target: string
  typeOnly: boolean
  dynamic: boolean
}

const ROOMS = ['server', 'portal', 'sdk', 'cli']
const imports = ROOMS.filter((room) => existsSync(room))
  .flatMap(sources)
  .flatMap(readImports)

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })
}

function readImports(file: string): Import[] {
  // Examples in doc comments import the published names; they are not this file's imports.
  const text = readFileSync(file, 'utf8').replace(/^\s*\/\*\*[\s\S]*?\*\//gm, '')
  const pattern =
    /^(?:import|export)\s+(type\s+)?(?:[\w*{}\s,]*?\sfrom\s+)?['"]([^'"]+)['"]|(?<!\.)\bimport\(\s*['"]([^'"]+)['"]/gm
  return [...text.matchAll(pattern)].map((match) => {
    const name = match[2] ?? match[3] ?? ''
    const target = name.startsWith('.') ? normalize(join(dirname(file), name)) : name
    return { file, target, typeOnly: match[1] !== undefined, dynamic: match[3] !== undefined }
  })
}

function offenders(wrong: (one: Import) => boolean): string[] {
  return imports.filter(wrong).map(({ file, target }) => `${file} → ${target}`)
}

const isOurs = (target: string): boolean => ROOMS.some((room) => target.startsWith(`${room}/`))
const slice = (path: string): string => /^server\/([^/]+)\//.exec(path)?.[1] ?? ''
const NOT_SLICES = new Set(['http', 'db', 'blobs', 'operator', ''])

describe('who may import whom', () => {
  test('the reader sees the imports it is meant to judge', () => {
    expect(imports.length).toBeGreaterThan(100)
    expect(imports).toContainEqual(
      expect.objectContaining({ file: 'server/app.ts', target: 'server/access/access.ts' }),
    )
  })

  test('1: the SDK imports nothing of ours outside itself, and only sdk/host says node: or reads TOML', () => {
    expect(
      offenders(
        ({ file, target }) => file.startsWith('sdk/') && isOurs(target) && !target.startsWith('sdk/'),
      ),
    ).toEqual([])
    expect(
      offenders(
        ({ file, target }) =>
          file.startsWith('sdk/') && !file.startsWith('sdk/host/') && target.startsWith('node:'),
      ),
    ).toEqual([])
    expect(
      offenders(
        ({ file, target }) =>
          file.startsWith('sdk/') &&
          !isOurs(target) &&
          !target.startsWith('node:') &&
          !(target === 'smol-toml' && file.startsWith('sdk/host/')),
      ),
    ).toEqual([])
  })

  test('2: the CLI imports the SDK and nothing else of ours', () => {
    expect(
      offenders(
        ({ file, target }) => file.startsWith('cli/') && isOurs(target) && !/^(cli|sdk)\//.test(target),
      ),
    ).toEqual([])
  })

  test('3: the portal knows of the server only the type of its router', () => {
    expect(
      offenders(
        ({ file, target, typeOnly }) =>
          file.startsWith('portal/') &&
          target.startsWith('server/') &&
          !(typeOnly && target === 'server/trpc.ts'),
      ),
    ).toEqual([])
  })

  test('4: the server knows of the SDK only the types of the wire', () => {
    expect(
      offenders(
        ({ file, target, typeOnly }) =>
          file.startsWith('server/') && target.startsWith('sdk/') && !(typeOnly && target === 'sdk/wire.ts'),
      ),
    ).toEqual([])
  })

  test('4b: of the CLI the server knows how a command is written, in operator/ alone, and main.ts runs them all', () => {
    const SHAPES = /^cli\/(?:command|failure|host|print|progress|confirm|words|output\/\w+(?:-\w+)*)\.ts$/
    expect(
      offenders(
        ({ file, target }) =>
          file.startsWith('server/') &&
          target.startsWith('cli/') &&
          file !== 'server/main.ts' &&
          !(file.startsWith('server/operator/') && SHAPES.test(target)),
      ),
    ).toEqual([])
  })

  test('5: doors hold no SQL', () => {
    const doors = imports.map(({ file }) => file).filter((file) => /\/(rest|trpc)\.ts$/.test(file))
    expect(offenders(({ file, target }) => doors.includes(file) && target === 'kysely')).toEqual([])
    expect(doors.filter((file) => /\b(ctx|app)\.db\b/.test(readFileSync(file, 'utf8')))).toEqual([])
  })

  test("6: a slice uses another slice's nouns, never its doors or schemas, and no two slices need each other", () => {
    const between = imports.filter(
      ({ file, target }) =>
        !NOT_SLICES.has(slice(file)) && !NOT_SLICES.has(slice(target)) && slice(file) !== slice(target),
    )
    expect(between.length).toBeGreaterThan(0)
    expect(between.filter(({ target }) => /\/(rest|trpc|schema)\.ts$/.test(target))).toEqual([])
    const edges = new Set(between.map(({ file, target }) => `${slice(file)} ${slice(target)}`))
    expect(
      [...edges].filter((edge) => reaches(edges, edge.split(' ')[1] ?? '', edge.split(' ')[0] ?? '')),
    ).toEqual([])
  })

  test('7: only app.ts imports access/', () => {
    expect(
      offenders(
        ({ file, target }) =>
          target.startsWith('server/access/') &&
          !file.startsWith('server/access/') &&
          file !== 'server/app.ts',
      ),
    ).toEqual([])
  })

  test('8: only main.ts hands over the environment, and only main.ts exits', () => {
    const server = sources('server')
    expect(server.filter((file) => /^(?! \*).*process\.env/m.test(readFileSync(file, 'utf8')))).toEqual([
      'server/main.ts',
    ])
    expect(server.filter((file) => /^(?! \*).*process\.exit\(/m.test(readFileSync(file, 'utf8')))).toEqual([
      'server/main.ts',
    ])
  })

  test('9: what the program reads of the project has no path in the single executable: only two files ask for one', () => {
    const files = [...sources('server'), ...sources('cli')]
    const asking = files.filter((file) =>
      /^(?! \*).*(?:projectFile\(|import\.meta|__dirname)/m.test(readFileSync(file, 'utf8')),
    )
    expect(asking.sort()).toEqual(['server/http/static-files.ts', 'server/project.ts'])
  })
})

function reaches(edges: ReadonlySet<string>, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true
  if (seen.has(from)) return false
  seen.add(from)
  return [...edges]
    .map((edge) => edge.split(' '))
    .some(([start, end]) => start === from && reaches(edges, end ?? '', to, seen))
}
