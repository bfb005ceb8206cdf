import { recordEvent } from '../audit/audit.ts'
import type { AppContext } from '../context.ts'
import { networkOf } from '../http/client-address.ts'
import type { LateUse } from './verify.ts'

/**
 * Somebody still has the old key of a rotation: a rig that was forgotten, or whoever the rotation was meant to lock out.
 * They learn nothing; the trail does.
 */
export async function writeLateUse(ctx: Pick<AppContext, 'db' | 'now'>, use: LateUse): Promise<void> {
  const { ip, user_agent, request_id } = use.from
  await ctx.db.transaction().execute((trx) =>
    recordEvent(trx, ctx.now().toISOString(), {
      action: 'api_key.used_after_rotation',
      outcome: 'failure',
      actor: { kind: 'api_key', id: use.id, credential_id: use.id, ip, user_agent, request_id },
      organization_id: use.organization_id,
      target: use.id,
      detail: { rotated_to: use.rotated_to, network: networkOf(ip) },
    }),
  )
}
