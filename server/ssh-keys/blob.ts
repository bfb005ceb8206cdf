const LENGTH_BYTES = 4

/**
 * Takes a public key blob apart: strings, each after its length in four bytes (RFC 4251 section 5), to the last byte.
 *
 * @returns undefined when a length leads beyond the end, or bytes are left over
 */
export function readStrings(blob: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = []
  let at = 0
  while (at < blob.length) {
    if (at + LENGTH_BYTES > blob.length) return undefined
    const end = at + LENGTH_BYTES + blob.readUInt32BE(at)
    if (end > blob.length) return undefined
    strings.push(blob.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  return strings
}
