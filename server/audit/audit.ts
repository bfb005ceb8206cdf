import { createHash } from 'node:crypto'
import type { Caller, Origin } from '../caller.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import type { AuditEventsTable } from '../db/schema.gen.ts'
import { type Happening, tell } from '../outbox/outbox.ts'

/** Who did it, as far as that is known. */
export interface Actor extends Omit<Origin, 'request_id'> {
  request_id?: string
  kind: AuditEventsTable['actor_kind']
  id: string | null
  /** The key, token or session it was done with. */
  credential_id?: string | null
}

export interface AuditEvent {
  /** `<noun>.<what happened>`, in the past: `device_login.approved`. */
  action: string
  /** Left out: it was done. `failure`: somebody tried. */
  outcome?: 'success' | 'failure'
  actor: Actor
  organization_id?: string | null
  /** The id of what was acted on. */
  target: string
  /** What else helps to understand it later; never a secret. */
  detail?: Record<string, string | number | null>
}

/** What the first row of the chain follows. */
export const NO_HASH = '0'.repeat(64)

const MAX_USER_AGENT = 300

/**
 * Appends to the audit trail, inside the transaction of the change itself: neither is there without the other.
 * Each row is chained to the one before by its hash; transactions run one after another, so there is one last row.
 *
 * @example await recordEvent(trx, at, { action: 'device_login.approved', actor, target: login.id })
 */
export async function recordEvent(trx: Database, at: string, event: AuditEvent): Promise<void> {
  const { action, outcome = 'success', actor, target, organization_id = null, detail = {} } = event
  const last = await trx
    .selectFrom('audit_events')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  const row = {
    seq: (last?.seq ?? 0) + 1,
    id: newId('ev'),
    at,
    action,
    outcome,
    actor_kind: actor.kind,
    actor_id: actor.id,
    credential_id: actor.credential_id ?? null,
    organization_id,
    target,
    ip: actor.ip,
    user_agent: actor.user_agent.slice(0, MAX_USER_AGENT),
    request_id: actor.request_id || null,
    detail: JSON.stringify(detail),
    previous_hash: last?.hash ?? NO_HASH,
  }
  await trx
    .insertInto('audit_events')
    .values({ ...row, hash: hashEvent(row) })
    .execute()
  const told = TOLD[action]?.(target, detail)
  if (told === undefined || outcome === 'failure' || organization_id === null) return
  await tell(trx, at, { ...told, organization_id, project_id: null })
}

type Told = Pick<Happening, 'type' | 'target' | 'detail'>

/** What webhooks hear of as well: every way in which a key comes to be or ends. */
const TOLD: Record<string, (target: string, detail: NonNullable<AuditEvent['detail']>) => Told | undefined> =
  {
    'api_key.minted': (target) => ({ type: 'key.minted', target, detail: { because: 'minted' } }),
    'device_login.consumed': (_, { api_key_id }) => ({
      ...{ type: 'key.minted', target: String(api_key_id) },
      detail: { because: 'device login' },
    }),
    'api_key.revoked': (target, { because }) => ({
      ...{ type: 'key.revoked', target },
      detail: { because: because ?? 'revoked' },
    }),
    // The old key has an end from now on, at once or when the overlap is over; its successor was told as minted.
    'api_key.rotated': (target, { rotated_to, expires_at }) => ({
      ...{ type: 'key.revoked', target },
      detail: { because: 'rotated', rotated_to: rotated_to ?? null, ends_at: expires_at ?? null },
    }),
    // Where the organization only wants to hear of it, the key goes on working.
    'api_key.leaked': (target, { outcome }) =>
      outcome === 'revoked' ? { type: 'key.revoked', target, detail: { because: 'leaked' } } : undefined,
  }

/** What is hashed of an event, in this order: that of the table. */
export const HASHED_COLUMNS = [
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
] as const satisfies (keyof AuditEventsTable)[]

/** SHA-256 over a row's members as a JSON array: what anybody who holds an export can compute again. */
export function hashEvent(row: Omit<AuditEventsTable, 'hash'>): string {
  const members = HASHED_COLUMNS.map((name) => row[name])
  return createHash('sha256').update(JSON.stringify(members)).digest('hex')
}

/** Whoever works at the server's own machine, as the machine knows them. */
export interface Operator {
  user: string
}

/** The actor where nobody asked over the network. Who it was at the machine belongs into the event's detail. */
export function operatorActor(): Actor {
  return { kind: 'operator', id: null, ip: '', user_agent: 'robotrace admin' }
}

/** What RoboTrace does by itself, as a rule of somebody's says. */
export const SYSTEM: Actor = { kind: 'system', id: null, ip: '', user_agent: '' }

/** The actor behind a caller: the person where there is one, else the key itself. */
export function actorOf(caller: Caller): Actor {
  const { ip, user_agent, request_id, credential } = caller
  const from = { ip, user_agent, request_id, credential_id: credential.id }
  if (caller.kind === 'person') return { kind: 'person', id: caller.account_id, ...from }
  return { kind: 'api_key', id: credential.id, ...from }
}
