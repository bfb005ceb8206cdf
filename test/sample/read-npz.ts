import { unzipSync } from 'fflate'

/** One member of an NPZ file as numpy would describe it. */
export interface ReadArray {
  descr: string
  shape: number[]
  values: Float32Array | BigInt64Array
}

/** Reads an NPZ file with its own small parser, so that the writer is not its own witness. */
export function readNpz(file: Uint8Array): Map<string, ReadArray> {
  const arrays = new Map<string, ReadArray>()
  for (const [name, member] of Object.entries(unzipSync(file))) {
    if (!name.endsWith('.npy')) throw new Error(`${name} is no array.`)
    arrays.set(name.slice(0, -'.npy'.length), readNpy(member))
  }
  return arrays
}

function readNpy(member: Uint8Array): ReadArray {
  const bytes = Buffer.from(member)
  if (bytes.toString('latin1', 0, 8) !== '\x93NUMPY\x01\x00') throw new Error('No .npy file of version 1.0.')
  const body = 10 + bytes.readUInt16LE(8)
  if (body % 64 !== 0 || bytes[body - 1] !== 0x0a) throw new Error('The header is not aligned to 64 bytes.')
  const header = bytes.toString('latin1', 10, body)
  const found = /^\{'descr': '(<f4|<i8)', 'fortran_order': False, 'shape': \(([\d, ]+)\), \} *\n$/.exec(
    header,
  )
  if (!found) throw new Error(`Unexpected header: ${header}`)
  const [, descr = '', dimensions = ''] = found
  const shape = dimensions
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number)
  const data = bytes.buffer.slice(bytes.byteOffset + body, bytes.byteOffset + bytes.length)
  return { descr, shape, values: descr === '<f4' ? new Float32Array(data) : new BigInt64Array(data) }
}
