import { type Zippable, zipSync } from 'fflate'

/** One array of an NPZ file: float32 values row by row, or int64 nanoseconds. */
export interface NpyArray {
  /** `[N]` or `[N, K]`. */
  shape: readonly number[]
  values: Float32Array | BigInt64Array
}

/**
 * One NPZ file as `numpy.savez` lays it out: a zip of stored (never compressed) `.npy` members, dated
 * 1980-01-01, so that equal arrays give equal bytes and a reader can fetch one array by a byte range.
 *
 * @param arrays by key, without `.npy`; a key may hold slashes (`joint_states/position`)
 * @example writeNpz({ 'gripper/width': { shape: [2], values: new Float32Array([0.09, 0.05]) } })
 */
export function writeNpz(arrays: Record<string, NpyArray>): Uint8Array<ArrayBuffer> {
  const members: Zippable = {}
  // The zip format keeps local time without a zone, hence the constructor that takes local fields.
  const mtime = new Date(1980, 0, 1)
  for (const [key, array] of Object.entries(arrays))
    members[`${key}.npy`] = [writeNpy(array), { level: 0, mtime }]
  return new Uint8Array(zipSync(members))
}

/**
 * One `.npy` file, format version 1.0, little-endian, C order; the header's bytes are numpy's own.
 *
 * @throws RangeError when the shape does not multiply to the number of values
 * @example writeNpy({ shape: [2], values: new Float32Array([1, 2]) }).length // 136
 */
export function writeNpy({ shape, values }: NpyArray): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1)
  if (count !== values.length) throw new RangeError(`Shape (${shape}) does not hold ${values.length} values.`)
  const header = npyHeader(values instanceof Float32Array ? '<f4' : '<i8', shape)
  const file = new Uint8Array(header.length + values.length * values.BYTES_PER_ELEMENT)
  file.set(header)
  const view = new DataView(file.buffer, header.length)
  if (values instanceof Float32Array)
    values.forEach((value, i) => {
      view.setFloat32(i * 4, value, true)
    })
  else
    values.forEach((value, i) => {
      view.setBigInt64(i * 8, value, true)
    })
  return file
}

/** numpy leaves room for a first dimension of 21 digits, so that a file can grow in place. */
const GROWTH_DIGITS = 21
const ALIGNMENT = 64
const PREAMBLE = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] // \x93NUMPY, version 1.0

function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`
  const grown = dictionary.padEnd(dictionary.length + GROWTH_DIGITS - String(shape[0]).length)
  const total = Math.ceil((PREAMBLE.length + 2 + grown.length + 1) / ALIGNMENT) * ALIGNMENT
  const text = `${grown.padEnd(total - PREAMBLE.length - 3)}\n`
  return new Uint8Array([
    ...PREAMBLE,
    text.length & 0xff,
    text.length >> 8,
    ...new TextEncoder().encode(text),
  ])
}
