import { tellKey } from '../api-keys/told.ts'
import type { AppContext } from '../context.ts'
import type { Database } from '../db/open.ts'
import type { OutboxTable } from '../db/schema.gen.ts'
import { tellEpisode } from '../episodes/told.ts'
import { tellDevice } from '../fleet/told.ts'
import { stringifyJson } from '../http/json.ts'
import { tellPlace } from '../organizations/told.ts'
import type { EventType } from '../outbox/outbox.ts'

type Data = Record<string, string | number | bigint | string[] | null>

/** What an event is about: where to read it, and the page that shows it. */
interface Subject {
  tell: (db: Database, id: string) => Promise<{ project_id: string | null; data: Data } | undefined>
  /** How its id is called when it is gone by now. */
  id_name: string
  page: (id: string) => string
}

const EPISODE: Subject = {
  tell: tellEpisode,
  id_name: 'episode_id',
  page: (id) => `/portal/episodes/${id}`,
}
const DEVICE: Subject = { tell: tellDevice, id_name: 'device_id', page: (id) => `/portal/devices/${id}` }
const KEY: Subject = { tell: tellKey, id_name: 'key_id', page: () => '/portal/api-keys' }

/** What the test button sends is about the webhook itself. */
const TEST: Subject = {
  tell: async () => undefined,
  id_name: 'webhook_id',
  page: () => '/portal/organization',
}

const SUBJECTS: Record<EventType, Subject> = {
  'episode.ready': EPISODE,
  'episode.failed': EPISODE,
  'episode.interrupted': EPISODE,
  'device.offline': DEVICE,
  'key.minted': KEY,
  'key.revoked': KEY,
}

/**
 * The body of a message, as it is signed and sent: what happened, where, and what it is about as it is now. Large and
 * private things (metadata, secrets) are not in it; the receiver asks for them with a key of its own.
 *
 * @example const body = await envelope(trx, ctx, row) // {"id":"msg_…","type":"episode.ready",…}
 */
export async function envelope(
  db: Database,
  ctx: Pick<AppContext, 'config'>,
  row: Omit<OutboxTable, 'seq'>,
): Promise<string> {
  const subject = subjectOf(row.type)
  const told = await subject.tell(db, row.target)
  const place = await tellPlace(db, row.organization_id, row.project_id ?? told?.project_id ?? null)
  const data = { ...(told?.data ?? { [subject.id_name]: row.target }), ...readDetail(row.detail) }
  return stringifyJson({
    id: row.id,
    type: row.type,
    occurred_at: row.occurred_at,
    ...place,
    data,
    links: { dashboard: `${ctx.config.public_url}${subject.page(row.target)}` },
  })
}

function subjectOf(type: string): Subject {
  return Object.entries(SUBJECTS).find(([name]) => name === type)?.[1] ?? TEST
}

function readDetail(text: string): Data {
  // Only flat objects are ever written to this column.
  return JSON.parse(text) as Data
}
