import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { networkOf, siteOf } from '../../server/http/client-address.ts'
import { createMemoryStore } from '../../server/http/rate-store.ts'

/** A clock that a test moves, and a store on it. */
function store(max_buckets?: number) {
  const clock = { ms: Date.parse('2026-11-22T10:00:00Z') }
  const rates = createMemoryStore({ now: () => new Date(clock.ms), ...(max_buckets ? { max_buckets } : {}) })
  return { clock, rates }
}

describe('a bucket', () => {
  test('lets its whole minute through at once, then one request each time a place comes free', () => {
    const { clock, rates } = store()
    const burst = Array.from({ length: 70 }, () => rates.take('key', 60, 1))
    expect(burst.filter(({ allowed }) => allowed)).toHaveLength(60)
    expect(burst[0]).toMatchObject({ remaining: 59, next_ms: 1000, full_ms: 1000 })
    expect(burst.at(-1)).toMatchObject({ allowed: false, remaining: 0, next_ms: 1000, full_ms: 60_000 })
    clock.ms += 999
    expect(rates.take('key', 60, 1).allowed).toBe(false)
    clock.ms += 1
    expect(rates.take('key', 60, 1).allowed).toBe(true)
    expect(rates.take('key', 60, 1).allowed).toBe(false)
  })

  test('is as if it had never been used a minute later, and no fuller however long nobody asks', () => {
    const { clock, rates } = store()
    for (let nth = 0; nth < 60; nth++) rates.take('key', 60, 1)
    clock.ms += 60_000
    expect(rates.take('key', 60, 0)).toEqual({ allowed: true, remaining: 60, next_ms: 0, full_ms: 0 })
    clock.ms += 3_600_000
    expect(Array.from({ length: 70 }, () => rates.take('key', 60, 1).allowed).filter(Boolean)).toHaveLength(
      60,
    )
  })

  test('looking costs nothing, and neither does a refusal', () => {
    const { clock, rates } = store()
    for (let nth = 0; nth < 5; nth++) rates.take('key', 1, nth === 0 ? 1 : 0)
    for (let nth = 0; nth < 5; nth++) expect(rates.take('key', 1, 1).allowed).toBe(false)
    clock.ms += 60_000
    expect(rates.take('key', 1, 1).allowed).toBe(true)
  })

  test('(17) of any size never passes more than it holds, whatever the limit and the times', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 400 }),
        (limit, gaps) => {
          const { clock, rates } = store()
          const began = clock.ms
          let passed = 0
          for (const gap of gaps) {
            clock.ms += gap
            for (let nth = 0; nth < 20; nth++) passed += rates.take('key', limit, 1).allowed ? 1 : 0
          }
          expect(passed).toBeLessThanOrEqual(limit + ((clock.ms - began) * limit) / 60_000 + 0.01)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a clock that is set back holds nobody off for more than a minute', () => {
    const { clock, rates } = store()
    for (let nth = 0; nth < 60; nth++) rates.take('key', 60, 1)
    clock.ms -= 3_600_000
    expect(rates.take('key', 60, 1)).toMatchObject({ allowed: false, full_ms: 60_000 })
    clock.ms += 60_000
    expect(rates.take('key', 60, 0).remaining).toBe(60)
  })
})

test('(23) a million addresses take the memory of a hundred thousand, and a bucket in use is not forgotten', () => {
  const { rates } = store()
  const before = heapMiB()
  let passed = 0
  for (let nth = 0; nth < 1_000_000; nth++) {
    rates.take(`network:2001:db8:${nth.toString(16)}:0:0:0:0:0/64`, 60, 1)
    if (nth % 10_000 === 0) passed += rates.take('key:busy', 60, 1).allowed ? 1 : 0
  }
  expect(rates.size).toBeLessThanOrEqual(100_000)
  expect(heapMiB() - before).toBeLessThan(64)
  expect(passed).toBe(60)
})

function heapMiB(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

test('(21) the addresses of one /64 are one network, IPv4 in IPv6 is IPv4, and what is no address is one network too (CVE-2026-45364 replayed)', () => {
  expect(networkOf('2001:db8:1:2:aaaa::1')).toBe(networkOf('2001:DB8:1:2::ffff'))
  expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'))
  expect(siteOf('2001:db8:1:2::1')).toBe(siteOf('2001:db8:1:ffff::1'))
  expect(siteOf('2001:db8:1:2::1')).not.toBe(siteOf('2001:db8:2:2::1'))
  expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(siteOf('::ffff:192.0.2.7')).toBeUndefined()
  expect([networkOf(''), networkOf('unknown'), networkOf('evil\r\n')]).toEqual([
    'unknown',
    'unknown',
    'unknown',
  ])
})
