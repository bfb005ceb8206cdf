/** What a key may be allowed to do. Spelled and joined as in OAuth: separated by spaces. */
export const SCOPES = [
  'episodes:write',
  'episodes:read',
  'evals:write',
  'evals:read',
  'fleet:write',
  'fleet:read',
  'keys:manage',
  'admin',
] as const

export type Scope = (typeof SCOPES)[number]

/** What a key gets that asks for nothing in particular: ingest, evals and reads. */
export const DEFAULT_SCOPES = 'episodes:write episodes:read evals:write evals:read fleet:read'

/** What a device login may ask for: never more than a key gets anyway. */
export const LOGIN_SCOPES: readonly string[] = DEFAULT_SCOPES.split(' ')

export function hasScope(scopes: string, scope: Scope): boolean {
  return scopes.split(' ').includes(scope)
}
