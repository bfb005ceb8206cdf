import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeNpy, writeNpz } from '../../scripts/sample/npz.ts'
import { createRun, DROPPED_CUBE, PICK_AND_PLACE } from '../../scripts/sample/run.ts'
import { RECORDINGS } from '../../scripts/sample/sample.ts'
import { recordActions, recordSensors } from '../../scripts/sample/sensors.ts'
import { type ReadArray, readNpz } from './read-npz.ts'

const RUNS = [
  { name: 'pick-and-place', plan: PICK_AND_PLACE },
  { name: 'dropped-cube', plan: DROPPED_CUBE },
]

const RATES_HZ = new Map(
  Object.entries({
    ...{ joint_states: 100, gripper: 50, wrist_force: 500, ee_pose: 100, battery: 10 },
    ...{ joint_command: 30, gripper_command: 30 },
  }),
)

function committed(name: string, file: string): Uint8Array {
  return readFileSync(join(RECORDINGS, name, file))
}

function array(arrays: Map<string, ReadArray>, key: string): ReadArray {
  const found = arrays.get(key)
  if (!found) throw new Error(`${key} is missing.`)
  return found
}

describe.each(RUNS)('the arrays of $name', ({ name, plan }) => {
  const files = ['sensors.npz', 'actions.npz']
  const arrays = new Map(files.flatMap((file) => [...readNpz(committed(name, file))]))

  test('come out of the generator equal to the committed bytes', () => {
    const run = createRun(plan)
    expect(Buffer.compare(writeNpz(recordSensors(run)), committed(name, 'sensors.npz'))).toBe(0)
    expect(Buffer.compare(writeNpz(recordActions(run)), committed(name, 'actions.npz'))).toBe(0)
  })

  test('are float32 [N] or [N, K] in a namespace that has one int64 clock of N nanoseconds', () => {
    expect(new Set([...arrays.keys()].map((key) => key.split('/')[0]))).toEqual(new Set(RATES_HZ.keys()))
    for (const [key, { descr, shape, values }] of arrays) {
      const clock = array(arrays, `${key.split('/')[0]}/_t_ns`)
      expect(key).toMatch(/^[a-z_]+\/[a-z_]+$/)
      expect(descr).toBe(key.endsWith('/_t_ns') ? '<i8' : '<f4')
      expect(shape[0]).toBe(clock.shape[0])
      expect(shape.length).toBeLessThanOrEqual(2)
      expect(values.length).toBe(shape.reduce((product, length) => product * length, 1))
    }
  })

  test('have clocks that start at 0, never stand still and keep their own rate to the end of the run', () => {
    for (const [namespace, rate_hz] of RATES_HZ) {
      const stamps = [...array(arrays, `${namespace}/_t_ns`).values].map(Number)
      expect(stamps[0]).toBe(0)
      expect(stamps.length).toBe(plan.duration_s * rate_hz)
      stamps.forEach((stamp, i) => {
        expect(Math.abs(stamp - (i * 1e9) / rate_hz)).toBeLessThanOrEqual(0.5)
      })
    }
  })

  test('hold finite numbers only', () => {
    for (const { values } of arrays.values())
      expect([...values].every((value) => Number.isFinite(Number(value)))).toBe(true)
  })

  test('are stored, not compressed, so that one array is one range of bytes', () => {
    for (const file of files) {
      const bytes = Buffer.from(committed(name, file))
      for (const [key, { values }] of readNpz(bytes)) {
        const raw = Buffer.from(values.buffer)
        expect(bytes.includes(raw), key).toBe(true)
      }
    }
  })
})

test('the failed run shows its drop: the load leaves the wrist and the fingers close at the failure time', () => {
  const arrays = readNpz(committed('dropped-cube', 'sensors.npz'))
  const lost_s = DROPPED_CUBE.slip?.lost_s ?? Number.NaN
  const lift = (from_s: number, until_s: number) => {
    const z = [...array(arrays, 'wrist_force/force').values].map(Number).filter((_, i) => i % 3 === 2)
    const window = z.slice(from_s * 500, until_s * 500)
    return { mean: window.reduce((sum, value) => sum + value, 0) / window.length, most: Math.max(...window) }
  }
  expect(lift(3.2, 3.6).mean).toBeLessThan(-1)
  expect(lift(lost_s, lost_s + 0.02).most).toBeGreaterThan(5)
  expect(Math.abs(lift(5.5, 6).mean)).toBeLessThan(0.1)
  const width = [...array(arrays, 'gripper/width').values].map(Number)
  expect(width[Math.floor((lost_s - 0.1) * 50)]).toBeCloseTo(0.05, 3)
  expect(width.at(-1)).toBeCloseTo(0.042, 3)
})

test('an .npy file has the very bytes numpy writes', () => {
  // numpy.save of array([1.0, 2.0], dtype='<f4') with numpy 2.4.
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }${' '.repeat(60)}\n`
  const expected = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'),
    Buffer.from(header, 'latin1'),
    Buffer.from('0000803f00000040', 'hex'),
  ])
  expect(Buffer.from(writeNpy({ shape: [2], values: new Float32Array([1, 2]) }))).toEqual(expected)
})

test('a shape that does not hold the values is refused', () => {
  expect(() => writeNpy({ shape: [3, 2], values: new Float32Array(5) })).toThrow(RangeError)
})
