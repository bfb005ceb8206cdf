import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seedText, seedValue } from '../../server/episodes/seed.ts'

test('every integer of 64 bits keeps its digits, as bigint, as text and through the wire value', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (seed) => {
      expect(seedText(seed)).toBe(seed.toString())
      expect(seedText(seed.toString())).toBe(seed.toString())
      expect(BigInt(seedValue(seed.toString()) ?? 'x')).toBe(seed)
    }),
  )
})

test('what is not an integer of 64 bits is no seed', () => {
  const wrong = [
    2n ** 64n,
    -(2n ** 63n) - 1n,
    1.5,
    1e20,
    Number.NaN,
    '',
    '1.0',
    '1e3',
    ' 1',
    '0x1',
    true,
    null,
    {},
    [],
  ]
  for (const value of wrong) expect(seedText(value)).toBeUndefined()
})

test('texts of digits become canonical', () => {
  expect(['-0042', '+7', '000', '-0'].map(seedText)).toEqual(['-42', '7', '0', '0'])
})
