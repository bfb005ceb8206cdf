import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../db/open.ts'
import type { ChallengesTable } from '../db/schema.gen.ts'

/** Somebody who reads a code off a telephone needs less; whoever comes later starts again. */
const LIFE_MS = 5 * 60 * 1000

type Kind = ChallengesTable['kind']

export interface Challenge {
  account_id: string | null
  detail: unknown
}

/**
 * Remembers a step that waits for its second one. Those nobody finished are swept out on the way.
 *
 * @returns the id to come back with; only its SHA-256 is kept
 */
export async function putChallenge(
  db: Database,
  now: Date,
  challenge: { kind: Kind; account_id: string | null; detail: object },
): Promise<string> {
  const id = randomBytes(24).toString('base64url')
  const at = now.toISOString()
  await db.deleteFrom('challenges').where('expires_at', '<=', at).execute()
  await db
    .insertInto('challenges')
    .values({
      id_hash: hashId(id),
      kind: challenge.kind,
      account_id: challenge.account_id,
      detail: JSON.stringify(challenge.detail),
      created_at: at,
      expires_at: new Date(now.getTime() + LIFE_MS).toISOString(),
    })
    .execute()
  return id
}

/** @returns undefined when there is none, or its five minutes are over */
export async function readChallenge(
  db: Database,
  now: Date,
  kind: Kind,
  id: string,
): Promise<Challenge | undefined> {
  const row = await db
    .selectFrom('challenges')
    .select(['account_id', 'detail'])
    .where('id_hash', '=', hashId(id))
    .where('kind', '=', kind)
    .where('expires_at', '>', now.toISOString())
    .executeTakeFirst()
  return row && { account_id: row.account_id, detail: JSON.parse(row.detail) }
}

/** Ends it. @returns whether it was still there: of several who finish at once, one is told so */
export async function takeChallenge(db: Database, id: string): Promise<boolean> {
  const taken = await db
    .deleteFrom('challenges')
    .where('id_hash', '=', hashId(id))
    .returning('kind')
    .executeTakeFirst()
  return taken !== undefined
}

function hashId(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}
