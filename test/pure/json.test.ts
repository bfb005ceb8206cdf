import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson, stringifyJson } from '../../server/http/json.ts'

describe('JSON without loss', () => {
  test('what JSON can say comes back the same, on both ways through the parser', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (value, big) => {
        expect(stringifyJson(parseJson(JSON.stringify(value)))).toBe(
          JSON.stringify(JSON.parse(JSON.stringify(value))),
        )
        const text = `{"big":${big},"value":${JSON.stringify(value)}}`
        expect(parseJson(stringifyJson(parseJson(text)))).toEqual(parseJson(text))
        expect(stringifyJson(parseJson(`[${big}]`))).toBe(`[${big}]`)
      }),
    )
  })

  test.each(['{"__proto__":{"polluted":1}}', '{"__proto__":{"polluted":1},"n":12345678901234567890}'])(
    'a member named __proto__ changes no object: %s',
    (text) => {
      const value = parseJson(text)
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect({}).not.toHaveProperty('polluted')
      expect(value).not.toHaveProperty('polluted')
    },
  )

  test.each([
    ['{"a": [1, {"b": NaN}]}', 'a.1.b: '],
    ['{"x": -Infinity}', 'x: '],
    [`{"deep": ${'['.repeat(70)}${']'.repeat(70)}}`, 'deep.0.0'],
    ['{"a": 1e400}', 'a: '],
    ['{"a": 1e400, "n": 12345678901234567890}', 'a: '],
    ['{"broken', 'The body is not valid JSON.'],
  ])('%s is refused by a sentence that says where', (text, sentence) => {
    expect(() => parseJson(text)).toThrow(sentence)
  })
})
