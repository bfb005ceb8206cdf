import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'

/** What webhooks tell of. */
export const EVENT_TYPES = [
  'episode.ready',
  'episode.failed',
  'episode.interrupted',
  'device.offline',
  'key.minted',
  'key.revoked',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Something that has happened in an organization. */
export interface Happening {
  type: EventType
  organization_id: string
  project_id: string | null
  /** The id of what it is about. */
  target: string
  /** What to say of it beyond that; never a secret. */
  detail?: Record<string, string | number | null>
}

/**
 * Writes down what is to be told, inside the transaction of the change itself; nothing is written for an organization
 * whose webhooks do not ask for it. `server/webhooks` turns it into deliveries behind the request's back.
 *
 * @example await tell(trx, at, { type: 'device.offline', organization_id, project_id, target: device_id })
 */
export async function tell(trx: Database, occurred_at: string, happening: Happening): Promise<void> {
  const { type, organization_id, project_id, target, detail = {} } = happening
  if (!(await isAskedFor(trx, organization_id, type))) return
  await trx
    .insertInto('outbox')
    .values({
      id: newId('msg'),
      // Times alone do not tell the order: many things happen in one millisecond.
      seq: ({ selectFrom, lit, fn }) =>
        selectFrom('outbox').select((last) =>
          last(fn.coalesce(fn.max<number>('seq'), lit(0)), '+', lit(1)).as('seq'),
        ),
      organization_id,
      project_id,
      type,
      target,
      detail: JSON.stringify(detail),
      occurred_at,
    })
    .execute()
}

/** Whether any live webhook of the organization asks for such an event: one indexed read. */
export async function isAskedFor(db: Database, organization_id: string, type: EventType): Promise<boolean> {
  const hooks = await db
    .selectFrom('webhooks')
    .select('events')
    .where('organization_id', '=', organization_id)
    .where('removed_at', 'is', null)
    .where('disabled_at', 'is', null)
    .execute()
  return hooks.some(({ events }) => events.split(' ').includes(type))
}
