import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forward, GRAVITY, inverse, torquesAt } from '../../scripts/sample/arm.ts'
import { CUBE_M } from '../../scripts/sample/cube.ts'
import { minimumJerk } from '../../scripts/sample/motion.ts'
import { BIN, createRun, DROPPED_CUBE, PICK_AND_PLACE } from '../../scripts/sample/run.ts'

const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true })

describe('the simulated arm', () => {
  test('puts its tip where it was told to', () => {
    fc.assert(
      fc.property(finite(0.25, 0.6), finite(0.05, 0.3), finite(-1.8, -1.2), (x, y, pitch) => {
        const { tip, pitch: reached } = forward(inverse({ x, y, pitch }))
        expect(Math.hypot(tip.x - x, tip.y - y)).toBeLessThan(1e-9)
        expect(reached).toBeCloseTo(pitch, 9)
      }),
    )
  })

  test('refuses a place it cannot reach', () => {
    expect(() => inverse({ x: 2, y: 0, pitch: 0 })).toThrow(RangeError)
  })

  test('holds a payload with the torque of its weight times its lever', () => {
    const still = () => [0, 0, 0] as const
    const more = torquesAt(still, 0, 1)[0] - torquesAt(still, 0, 0)[0]
    expect(more).toBeCloseTo(GRAVITY * 0.83, 6)
  })

  test('moves with minimum jerk: at rest at both ends, symmetric between', () => {
    expect([minimumJerk(-1), minimumJerk(0), minimumJerk(0.5), minimumJerk(1), minimumJerk(2)]).toEqual([
      0, 0, 0.5, 1, 1,
    ])
    expect(minimumJerk(0.001)).toBeLessThan(1e-7)
    expect(1 - minimumJerk(0.999)).toBeLessThan(1e-7)
  })
})

describe('the cube', () => {
  const placed = createRun(PICK_AND_PLACE)
  const dropped = createRun(DROPPED_CUBE)

  test('ends in the bin when all goes well', () => {
    const { x, y } = placed.cube(PICK_AND_PLACE.duration_s)
    expect(Math.abs(x - BIN.x)).toBeLessThan((BIN.width - CUBE_M) / 2)
    expect(y).toBeCloseTo(BIN.floor + CUBE_M / 2, 9)
  })

  test('ends on the table, on one of its faces and beside the bin, when the grip is lost', () => {
    const { x, y, roll } = dropped.cube(DROPPED_CUBE.duration_s)
    expect(x).toBeLessThan(BIN.x - (BIN.width + CUBE_M) / 2)
    expect(y).toBeCloseTo(CUBE_M / 2, 9)
    expect(roll).toBeCloseTo(Math.PI / 2, 9)
  })

  test.each([
    ['placed', placed],
    ['dropped', dropped],
  ])('%s: never jumps and never sinks into the table', (_, run) => {
    for (let ms = 1; ms < run.plan.duration_s * 1000; ms++) {
      const [a, b] = [run.cube((ms - 1) / 1000), run.cube(ms / 1000)]
      expect(Math.hypot(b.x - a.x, b.y - a.y)).toBeLessThan(0.004)
      expect(b.y).toBeGreaterThanOrEqual(CUBE_M / 2 - 1e-9)
    }
  })
})
