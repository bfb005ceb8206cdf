/**
 * Which of two versions is newer, by major and minor number: patches change nothing between client and server.
 *
 * @returns below 0 when the first is older, 0 when they are alike, above 0 when it is newer; undefined when one is none
 * @example compareMinors('0.1.3', '0.2.0') // -1
 */
export function compareMinors(one: string, other: string): number | undefined {
  const [a, b] = [one, other].map((text) => /^(\d{1,4})\.(\d{1,4})\.\d{1,4}/.exec(text)?.slice(1).map(Number))
  if (!a || !b) return undefined
  const [major = 0, minor = 0] = a
  const [other_major = 0, other_minor = 0] = b
  return Math.sign(major - other_major || minor - other_minor)
}
