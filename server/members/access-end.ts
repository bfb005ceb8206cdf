import { actorOf, recordEvent } from '../audit/audit.ts'
import type { PersonCaller } from '../caller.ts'
import type { Database } from '../db/open.ts'

/**
 * Ends for good what somebody holds in one organization only: personal `rt_` keys, and SSH keys chosen on its
 * devices. Without the membership they are refused in any case; ending them keeps them from coming back to life
 * when the person is invited again. What belongs to the person (`rbtk_` keys, API tokens, sessions) lives on for
 * other organizations.
 *
 * @returns how many ended, for the audit trail
 */
export async function endPersonalAccess(
  trx: Database,
  at: string,
  caller: PersonCaller,
  { organization_id, account_id }: { organization_id: string; account_id: string },
): Promise<{ api_keys_revoked: number; ssh_logins_ended: number }> {
  const keys = await trx
    .updateTable('api_keys')
    .set({ revoked_at: at, revoked_by: caller.account_id })
    .where('organization_id', '=', organization_id)
    .where('account_id', '=', account_id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute()
  for (const { id } of keys) {
    await recordEvent(trx, at, {
      action: 'api_key.revoked',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { because: 'its owner left the organization' },
    })
  }
  const logins = await trx
    .deleteFrom('device_ssh_keys')
    .where('ssh_key_id', 'in', (select) =>
      select.selectFrom('ssh_keys').select('id').where('account_id', '=', account_id),
    )
    .where('device_id', 'in', (select) =>
      select.selectFrom('devices').select('id').where('organization_id', '=', organization_id),
    )
    .returning(['device_id', 'ssh_key_id'])
    .execute()
  for (const { device_id, ssh_key_id } of logins) {
    await recordEvent(trx, at, {
      action: 'device.ssh_key_removed',
      actor: actorOf(caller),
      organization_id,
      target: device_id,
      detail: { ssh_key_id, owner: account_id, because: 'its owner left the organization' },
    })
  }
  return { api_keys_revoked: keys.length, ssh_logins_ended: logins.length }
}
