import { createHash } from 'node:crypto'
import { isRecord, parseObject } from '../../sdk/json.ts'

/** What an export was found to be. */
export interface ChainReport {
  /** How many events were read and found in order. */
  rows: number
  /** `seq:hash` of the last of them: what to note down, and to give to the next check. Undefined: there was none. */
  head: string | undefined
  /** The first thing that is wrong, in words; undefined: nothing is. */
  broken: string | undefined
}

/** The members that are hashed, in their order, and the hash itself. */
const HASHED = [
  'seq',
  'id',
  'at',
  'action',
  'outcome',
  'actor_kind',
  'actor_id',
  'credential_id',
  'organization_id',
  'target',
  'ip',
  'user_agent',
  'request_id',
  'detail',
  'previous_hash',
] as const

/** What the first event follows. */
const NO_HASH = '0'.repeat(64)

interface Link {
  seq: number
  hash: string
}

/**
 * Reads an NDJSON export of the whole trail and computes its chain again: each event's SHA-256 over its members,
 * which include the hash of the one before. Trusts nothing that the export says of itself.
 *
 * @param known a head noted down earlier, `seq:hash`: it must still be part of the chain, so that nothing was cut off
 *   or written anew since
 * @example const { head, broken } = await verifyChain(linesOf(file))
 */
export async function verifyChain(lines: AsyncIterable<string>, known?: string): Promise<ChainReport> {
  const noted = known === undefined ? undefined : parseHead(known)
  let last: Link = { seq: 0, hash: NO_HASH }
  let met = noted === undefined
  const report = (broken?: string): ChainReport => ({
    rows: last.seq,
    head: last.seq === 0 ? undefined : `${last.seq}:${last.hash}`,
    broken,
  })
  for await (const line of lines) {
    if (line.trim() === '') continue
    const link = readLink(line)
    const broken = typeof link === 'string' ? `${link} (after event ${last.seq})` : whyNotNext(link, last)
    if (typeof link === 'string' || broken !== undefined) return report(broken)
    last = { seq: link.seq, hash: link.hash }
    if (noted?.seq !== last.seq) continue
    if (noted.hash !== last.hash)
      return report(`event ${last.seq} is not the one whose hash was noted: the trail was written anew`)
    met = true
  }
  if (met || noted === undefined) return report()
  return report(
    `the trail ends with event ${last.seq}, before the noted event ${noted.seq}: its end was cut off`,
  )
}

/** @returns undefined for what is no head */
export function parseHead(text: string): Link | undefined {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text)
  return match ? { seq: Number(match[1]), hash: match[2] ?? '' } : undefined
}

/** The members of one line whose own hash is right; a sentence when it is not one. */
function readLink(line: string): (Link & { previous_hash: string }) | string {
  const row = parseObject(line)
  if (!row || !isRecord(row)) return 'a line is no event of an export'
  const { seq, hash, previous_hash } = row
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq)) return 'a line is no event of an export'
  if (typeof hash !== 'string' || typeof previous_hash !== 'string') return `event ${seq} has no hash`
  const members = HASHED.map((name) => row[name] ?? null)
  const computed = createHash('sha256').update(JSON.stringify(members)).digest('hex')
  if (computed !== hash) return `event ${seq} was changed: its members do not give its hash`
  return { seq, hash, previous_hash }
}

function whyNotNext(link: Link & { previous_hash: string }, last: Link): string | undefined {
  const expected = last.seq + 1
  if (link.seq > expected) {
    const missing = link.seq - expected
    return `${missing === 1 ? `event ${expected} is` : `events ${expected} to ${link.seq - 1} are`} missing`
  }
  if (link.seq < expected) return `event ${link.seq} comes after event ${last.seq}: the order was changed`
  if (link.previous_hash !== last.hash) return `event ${link.seq} does not follow event ${last.seq}`
  return undefined
}
