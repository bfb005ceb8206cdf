import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import { makeKeyFinder } from '../../sdk/key-finder.ts'
import { findKeys, keyProblem } from '../../sdk/key-format.ts'
import { makeKey, parseKey } from '../../server/api-keys/key-format.ts'
import { testHost } from './test-host.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'robotrace-scan-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

async function scan(args: string[], input?: string) {
  const host = testHost(input === undefined ? {} : { input })
  const status = await run(['scan', ...args], host)
  return { status, out: host.stdout(), err: host.stderr() }
}

describe('robotrace scan', () => {
  test('finds both kinds of key, with file, line and column, and prints their public part only', async () => {
    const [rt, rbtk] = [makeKey().key, makeKey('rbtk').key]
    const env = put('deploy/.env', `# keys\nROBOTRACE_API_KEY=${rt}\n`)
    const notes = put('notes.md', `ünï ${rbtk}, and the old ${rt}.`)
    const { status, out } = await scan([folder])
    expect(status).toBe(1)
    expect(out.split('\n').sort().filter(Boolean)).toEqual(
      [
        `${env}:2:19: ${rt.slice(0, 13)}_…`,
        `${notes}:1:5: ${rbtk.slice(0, 15)}_…`,
        `${notes}:1:${5 + rbtk.length + 14}: ${rt.slice(0, 13)}_…`,
      ].sort(),
    )
    for (const key of [rt, rbtk]) expect(out).not.toContain(key.slice(-43))
  })

  test('finds enrolment tokens, which let robots in', async () => {
    const { key } = makeKey('rte')
    const file = put('provision.sh', `TOKEN=${key}\n`)
    const { status, out } = await scan([file])
    expect([status, out]).toEqual([1, `${file}:1:7: ${key.slice(0, 14)}_…\n`])
  })

  test('--json: where, what, how many files, and what could not be read', async () => {
    const { key } = makeKey()
    const file = put('a.txt', key)
    const { status, out } = await scan([file, join(folder, 'missing'), '--json'])
    expect(status).toBe(1)
    expect(JSON.parse(out)).toEqual({
      found: [{ file, line: 1, column: 1, key_prefix: key.slice(0, 13) }],
      unreadable: [{ file: join(folder, 'missing'), reason: 'there is no such file or folder' }],
      files: 1,
    })
  })

  test('0 when there is none, 1 when there is one, 2 when something could not be read', async () => {
    put('clean.txt', 'nothing here')
    expect((await scan([folder])).status).toBe(0)
    const missing = await scan([join(folder, 'nowhere')])
    expect(missing.status).toBe(2)
    expect(missing.err).toContain('there is no such file or folder')
    put('leak.txt', makeKey().key)
    expect((await scan([folder])).status).toBe(1)
  })

  test('a mistyped key is none, nor is one that is part of a longer word', async () => {
    const { key } = makeKey()
    const typed = key.slice(0, 30) + (key[30] === 'a' ? 'b' : 'a') + key.slice(31)
    put('a.txt', `${typed}\n${key}X\nx${key}\n${key}_\n_${key}\n`)
    expect((await scan([folder])).status).toBe(0)
  })

  test('standard input is read with -', async () => {
    const { status, out } = await scan(['-'], `diff\n+key: ${makeKey().key}\n`)
    expect(status).toBe(1)
    expect(out).toMatch(/^\(standard input\):2:7: rt_/)
  })

  test('below a folder: no binaries, nothing git has packed, no links out of it; a file that is named is read', async () => {
    const { key } = makeKey()
    const outside = mkdtempSync(join(tmpdir(), 'robotrace-outside-'))
    writeFileSync(join(outside, 'secret.txt'), key)
    symlinkSync(outside, join(folder, 'link'))
    put('.git/objects/ab/cdef', key)
    const binary = put('model.bin', Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from(key)]))
    expect((await scan([folder])).status).toBe(0)
    expect((await scan([binary])).status).toBe(1)
    put('.git/config', `url = https://${key}@git.example\n`)
    expect((await scan([folder])).status).toBe(1)
    rmSync(outside, { recursive: true })
  })

  test('a key across the edge of two pieces of a large file is found once', async () => {
    const { key } = makeKey()
    const text = `${'x'.repeat(99)}\n`.repeat(2621) + 'y'.repeat(20)
    // 262,120 characters: the key lies across the 262,144th.
    const file = put('large.log', `${text} ${key} ${'z'.repeat(300_000)} ${key}`)
    const { out } = await scan([file])
    expect(out.split('\n').filter(Boolean)).toEqual([
      `${file}:2622:22: ${key.slice(0, 13)}_…`,
      `${file}:2622:${22 + key.length + 300_002}: ${key.slice(0, 13)}_…`,
    ])
  })
})

test('however a text is cut into pieces, the same keys are found at the same places', () => {
  const keys = [makeKey().key, makeKey('rbtk').key]
  const part = fc.oneof(fc.constantFrom(...keys, '\n', ' ', '_', 'x', '"'), fc.string({ maxLength: 5 }))
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 80 })),
      (parts, cuts) => {
        const text = parts.join('')
        const finder = makeKeyFinder()
        const found = []
        let at = 0
        for (const length of [...cuts, text.length]) {
          found.push(...finder.push(text.slice(at, at + length)))
          at += length
        }
        found.push(...finder.push(text.slice(at)), ...finder.end())
        const expected = findKeys(text).map(({ start, key_prefix }) => {
          const lines = text.slice(0, start).split('\n')
          return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, key_prefix }
        })
        expect(found).toEqual(expected)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('(72) of a million look-alikes the scanner takes none for a key; SDK and server agree on what is one', () => {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  // The same million every time: by chance alone, one in four thousand runs would hold a real one.
  let state = 1
  const letter = (range: number): string => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return alphabet.charAt(Math.floor((state / 2 ** 32) * range))
  }
  let hits = 0
  const letters = (range: number, length: number): string => {
    let text = ''
    for (let n = 0; n < length; n++) text += letter(range)
    return text
  }
  for (let round = 0; round < 1_000; round++) {
    const id = letters(10, 10)
    const secret = letters(62, 37)
    let text = ''
    for (let n = 0; n < 1_000; n++) text += `rt_${id}_${secret}${letters(62, 6)} `
    hits += findKeys(text).length
  }
  expect(hits).toBe(0)
  for (const { key } of [makeKey(), makeKey('rbtk')]) {
    expect(findKeys(key)).toHaveLength(1)
    expect(keyProblem(key)).toBeUndefined()
    expect(parseKey(key)).toBeDefined()
  }
})

test('(72) nothing in this repository holds a key, tests aside: examples carry a wrong checksum', async () => {
  const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && !file.startsWith('test/'))
  const { status, out } = await scan(files)
  expect(out).toBe('')
  expect(status).toBe(0)
  expect(files.length).toBeGreaterThan(200)
}, 60_000)
