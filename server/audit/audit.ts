import type { Caller } from '../caller.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'

/** Who did it, as far as that is known. */
export interface Actor {
  kind: 'person' | 'api_key' | 'anonymous'
  id: string | null
  ip: string
  user_agent: string
}

export interface AuditEvent {
  /** `<noun>.<what happened>`, in the past: `device_login.approved`. */
  action: string
  actor: Actor
  organization_id?: string | null
  /** The id of what was acted on. */
  target: string
  /** What else helps to understand it later; never a secret. */
  detail?: Record<string, string | number | null>
}

/**
 * Appends to the audit trail, inside the transaction of the change itself: neither is there without the other.
 *
 * @example await recordEvent(trx, at, { action: 'device_login.approved', actor, target: login.id })
 */
export async function recordEvent(trx: Database, at: string, event: AuditEvent): Promise<void> {
  const { action, actor, target, organization_id = null, detail = {} } = event
  await trx
    .insertInto('audit_events')
    .values({
      id: newId('ev'),
      at,
      action,
      actor_kind: actor.kind,
      actor_id: actor.id,
      organization_id,
      target,
      ip: actor.ip,
      user_agent: actor.user_agent.slice(0, 300),
      detail: JSON.stringify(detail),
    })
    .execute()
}

/** The actor behind a caller. A key does not know where it was used from; whoever calls says it. */
export function actorOf(caller: Caller, from: { ip: string; user_agent: string }): Actor {
  const id = caller.kind === 'person' ? caller.account_id : caller.api_key_id
  return { kind: caller.kind, id, ip: from.ip, user_agent: from.user_agent }
}
