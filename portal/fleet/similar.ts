/**
 * How alike two names of a robot are: 1 for the same but for case and separators, 0 for nothing in common. Numbers
 * weigh: `arm-1` and `arm-2` are two robots.
 *
 * @example likeness('Arm 07', 'arm-7') // 1
 */
export function likeness(one: string, other: string): number {
  const [a, b] = [simple(one), simple(other)]
  if (a === b) return 1
  if (numbersOf(a) !== numbersOf(b)) return 0.5 * overlap(a, b)
  return overlap(a, b)
}

/** The name among `candidates` that is most like this one, if any is like it at all. */
export function mostAlike<One extends { name: string }>(
  name: string,
  candidates: readonly One[],
): One | undefined {
  let best: One | undefined
  let most = 0.6
  for (const candidate of candidates) {
    const alike = likeness(name, candidate.name)
    if (alike <= most) continue
    best = candidate
    most = alike
  }
  return best
}

/** What to look for among the names: the longest word, which spelling changes least. @example stem('ARM_07') // 'arm' */
export function stem(name: string): string {
  const words = name.toLowerCase().match(/[a-z]+|\d+/g) ?? []
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), '')
}

function simple(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
    .replace(/0+(?=\d)/g, (zeros, at: number, all: string) => (/\d/.test(all[at - 1] ?? '') ? zeros : ''))
}

function numbersOf(text: string): string {
  return (text.match(/\d+/g) ?? []).join(' ')
}

/** Sørensen and Dice: twice the pairs of letters that both have, over those that each has. */
function overlap(a: string, b: string): number {
  const [left, right] = [pairsOf(a), pairsOf(b)]
  if (left.length === 0 || right.length === 0) return 0
  const rest = [...right]
  const shared = left.filter((pair) => {
    const at = rest.indexOf(pair)
    if (at < 0) return false
    rest.splice(at, 1)
    return true
  })
  return (2 * shared.length) / (left.length + right.length)
}

function pairsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2))
}
