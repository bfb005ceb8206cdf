import { hash, timingSafeEqual } from 'node:crypto'
import { parseEnrolmentToken } from '../api-keys/key-format.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { EnrolmentTokensTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { hasScope, scopesOfRole } from '../organizations/scopes.ts'

/** Compared when there is no such token, so that an unknown one takes as long as a wrong one. */
const NO_SUCH_HASH = '0'.repeat(64)

/** The token that lets a device in, and where. */
export type Door = EnrolmentTokensTable & { organization_slug: string }

interface Presented {
  id: string
  hash: string
}

/** @throws AppError unauthenticated for what does not look like a token */
export function presentedToken(text: string | undefined): Presented {
  const presented = text === undefined ? undefined : parseEnrolmentToken(text)
  if (!presented) throw new AppError('unauthenticated')
  return presented
}

/**
 * A token is good while whoever made it could make it still: the robots of somebody who was shown out stay outside.
 *
 * @throws AppError unauthenticated
 */
export async function openDoor(trx: Database, presented: Presented, now: Date): Promise<Door> {
  const row = await trx
    .selectFrom('enrolment_tokens as t')
    .innerJoin('organizations as o', 'o.id', 't.organization_id')
    .innerJoin('accounts as a', 'a.id', 't.created_by')
    .leftJoin('members as m', (join) =>
      join.onRef('m.organization_id', '=', 't.organization_id').onRef('m.account_id', '=', 't.created_by'),
    )
    .selectAll('t')
    .select(['o.slug as organization_slug', 'a.disabled_at', 'a.staff_since', 'm.role'])
    .where('t.id', '=', presented.id)
    .executeTakeFirst()
  const stored = Buffer.from(row?.secret_hash ?? NO_SUCH_HASH)
  const isRight = timingSafeEqual(stored, Buffer.from(presented.hash))
  if (!row || !isRight || row.revoked_at !== null) throw new AppError('unauthenticated')
  const { disabled_at, staff_since, role, ...door } = row
  const may = staff_since !== null || hasScope(scopesOfRole(role ?? undefined), 'keys:manage')
  if (!may || disabled_at !== null || door.expires_at <= now.toISOString())
    throw new AppError('unauthenticated')
  return door
}

/**
 * The device that was let in with this token and nonce before: asking again ends its key and mints another one, which
 * costs no use of the token, so it has to be counted elsewhere.
 *
 * @param text as presented
 * @returns undefined the first time
 * @throws AppError unauthenticated
 */
export async function enrolledWith(
  { db, now }: Pick<AppContext, 'db' | 'now'>,
  text: string | undefined,
  nonce: string,
): Promise<string | undefined> {
  const door = await openDoor(db, presentedToken(text), now())
  const before = await db
    .selectFrom('enrolments')
    .select('device_id')
    .where('token_id', '=', door.id)
    .where('nonce_hash', '=', hash('sha256', nonce, 'hex'))
    .executeTakeFirst()
  return before?.device_id
}
