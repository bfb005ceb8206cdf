import type { Missing } from './reconcile.ts'

const KEPT = 5

/** What the latest walk through rows found of one organization. */
export interface MissingBytes {
  /** How many artifacts and capsules have not the bytes that they should. */
  n: number
  /** The first few of them. */
  first: Missing[]
}

/** What the latest comparison of files and rows found; in memory, as each walk finds it anew. */
export interface Findings {
  /** ISO 8601: when the latest walk was over; null before the first. */
  at: string | null
  missing: ReadonlyMap<string, MissingBytes>
}

/** @example const findings = noFindings() */
export function noFindings(): Findings {
  return { at: null, missing: new Map() }
}

/** Adds one that is missing to those of its organization. */
export function note(missing: Map<string, MissingBytes>, one: Missing): void {
  const known = missing.get(one.organization_id) ?? { n: 0, first: [] }
  known.n++
  if (known.first.length < KEPT) known.first.push(one)
  missing.set(one.organization_id, known)
}
