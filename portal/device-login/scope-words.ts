const THINGS: Record<string, { name: string; verbs: Record<string, string> }> = {
  episodes: { name: 'episodes', verbs: { write: 'log', read: 'read' } },
  evals: { name: 'evaluations', verbs: { write: 'record', read: 'read' } },
  fleet: { name: 'the fleet', verbs: { write: 'change', read: 'see' } },
  keys: { name: 'API keys', verbs: { manage: 'manage' } },
}

/** What somebody with the terminal could do with it, for the scopes that a login does not usually have. */
const STRONG: Record<string, string> = {
  'fleet:write': 'add, change and remove devices, and manage your SSH keys',
  'keys:manage': 'mint, rotate and revoke API keys, also for other machines',
}

/** Whether a login asks for this by name only. @example isStrong('keys:manage') // true */
export function isStrong(scope: string): boolean {
  return !USUAL.includes(scope)
}

const USUAL = ['episodes:write', 'episodes:read', 'evals:write', 'evals:read', 'fleet:read']

/** What a strong scope comes to. @example strongWords('fleet:write') // 'add, change and remove devices, …' */
export function strongWords(scope: string): string {
  return STRONG[scope] ?? 'more than a terminal usually gets'
}

/**
 * What a key may do, one line a thing. A scope without words of its own is shown as it is: hiding one would be
 * worse than showing a strange one.
 *
 * @example scopeWords(['episodes:write', 'episodes:read']) // ['Log and read episodes']
 */
export function scopeWords(scopes: readonly string[]): string[] {
  const verbs = new Map<string, string[]>()
  const unnamed: string[] = []
  for (const scope of scopes) {
    const [thing = '', right = ''] = scope.split(':')
    const verb = THINGS[thing]?.verbs[right]
    if (verb) verbs.set(thing, [...(verbs.get(thing) ?? []), verb])
    else unnamed.push(scope)
  }
  const lines = [...verbs].map(([thing, all]) => `${all.join(' and ')} ${THINGS[thing]?.name ?? thing}`)
  return [...lines.map((line) => line.charAt(0).toUpperCase() + line.slice(1)), ...unnamed]
}

/**
 * The same as one line of text.
 *
 * @example scopeSentence(['episodes:read', 'fleet:read']) // 'Read episodes, see the fleet'
 */
export function scopeSentence(scopes: readonly string[]): string {
  const [first = '', ...rest] = scopeWords(scopes)
  return [first, ...rest.map((line) => line.charAt(0).toLowerCase() + line.slice(1))].join(', ')
}
