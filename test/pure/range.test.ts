import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasAlready, wantedRange } from '../../server/episodes/range.ts'

const get = (range: string, condition?: string) => ({
  method: 'GET',
  headers: { range, 'if-range': condition },
})

describe('wantedRange', () => {
  test('is always inside of the artifact, whatever is asked', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.nat()).map(([from, to]) => `bytes=${from}-${to}`),
      fc.nat().map((from) => `bytes=${from}-`),
      fc.nat().map((length) => `bytes=-${length}`),
    )
    fc.assert(
      fc.property(header, fc.nat({ max: 100_000 }), (range, size) => {
        const wanted = wantedRange(get(range), size, '"x"')
        if (wanted === undefined || wanted === 'unsatisfiable') return
        expect(wanted.start).toBeGreaterThanOrEqual(0)
        expect(wanted.start).toBeLessThanOrEqual(wanted.end)
        expect(wanted.end).toBeLessThan(size)
      }),
    )
  })

  test('a well-formed range inside of the artifact is given exactly', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999 }), fc.nat({ max: 999 }), (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a]
        expect(wantedRange(get(`bytes=${start}-${end}`), 1000, '"x"')).toEqual({ start, end })
      }),
    )
  })

  test('only a GET has ranges, and only for the bytes it names', () => {
    expect(wantedRange({ method: 'HEAD', headers: { range: 'bytes=0-1' } }, 10, '"x"')).toBeUndefined()
    expect(wantedRange(get('bytes=0-1', '"x"'), 10, '"x"')).toEqual({ start: 0, end: 1 })
    expect(wantedRange(get('bytes=0-1', '"y"'), 10, '"x"')).toBeUndefined()
  })
})

test.each([
  ['"x"', true],
  ['W/"x"', true],
  ['"a", "x"', true],
  ['*', true],
  ['"y"', false],
  ['x', false],
  [undefined, false],
])('If-None-Match: %s has "x" already: %s', (header, has) => {
  expect(hasAlready(header, '"x"')).toBe(has)
})
