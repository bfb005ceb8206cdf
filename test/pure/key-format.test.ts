import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { enrolmentTokenProblem, hideKeys, keyProblem } from '../../sdk/key-format.ts'
import { makeKey, parseEnrolmentToken, parseKey } from '../../server/api-keys/key-format.ts'

test('a key is 57 characters: rt_, ten public ones, 43 secret ones without punctuation', () => {
  for (let i = 0; i < 200; i++) {
    const { key, id, hash } = makeKey()
    expect(key).toMatch(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/)
    expect(key).toHaveLength(57)
    expect(parseKey(key)).toEqual({ id, hash })
  }
})

test('the last six characters are the base-62 CRC-32 of all that precede them', () => {
  const { key } = makeKey()
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const value = [...key.slice(-6)].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0)
  expect(value).toBe(crc32(key.slice(0, -6)))
})

test('one mistyped character is always noticed', () => {
  const { key } = makeKey()
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 56 }),
      fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyzABZ_-'),
      (at, typed) => {
        fc.pre(key[at] !== typed)
        expect(parseKey(key.slice(0, at) + typed + key.slice(at + 1))).toBeUndefined()
      },
    ),
  )
})

test('whatever else is presented is no key, and reading it never throws', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseKey(text) === undefined))
  for (const text of [
    '',
    'rt_',
    `${makeKey().key}\n`,
    ` ${makeKey().key}`,
    `rt_${'9'.repeat(10)}_${'a'.repeat(43)}`,
  ]) {
    expect(parseKey(text)).toBeUndefined()
  }
})

test('a hundred thousand look-alikes do not hit the checksum', () => {
  let hits = 0
  for (let i = 0; i < 100_000; i++) {
    const { key } = LOOKALIKE
    if (parseKey(key.slice(0, 51) + i.toString(36).padStart(6, '0'))) hits++
  }
  // The one true checksum may be among them.
  expect(hits).toBeLessThanOrEqual(1)
})

const LOOKALIKE = makeKey()

test('an enrolment token has the shape of a key and is none: neither side takes one for the other', () => {
  const { key: token, id, hash } = makeKey('rte')
  expect(token).toMatch(/^rte_[0-9a-z]{10}_[0-9A-Za-z]{43}$/)
  expect(parseKey(token)).toBeUndefined()
  expect(parseEnrolmentToken(token)).toEqual({ id, hash })
  expect(parseEnrolmentToken(makeKey().key)).toBeUndefined()
  expect(keyProblem(token)).toContain('is an enrolment token')
  expect(enrolmentTokenProblem(token)).toBeUndefined()
  expect(enrolmentTokenProblem(makeKey().key)).toBe('does not start with rte_')
  expect(enrolmentTokenProblem(`${token.slice(0, -1)}_`)).toContain('mistyped')
  expect(hideKeys(`Bearer ${token}.`)).toBe(`Bearer rte_${id}….`)
})
