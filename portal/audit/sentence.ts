import type { AuditEvent } from '../api.ts'
import { shorten } from '../ui/format.ts'

/** What an event says between its actor and its end; `$` is the target's name. */
const SENTENCES: Record<string, string> = {
  'account.password_changed': 'changed their password',
  'account.password_reset': 'replaced the forgotten password of $',
  'account.password_reset_asked': 'asked for a link to replace the password of $',
  'account.password_reset_link_made': 'made a link to replace the password of $',
  'account.renamed': 'changed their name',
  'account.staff_created': 'made an account with the rights of staff for $',
  'account.staff_granted': 'gave the rights of staff to $',
  'api_key.edited': 'edited the API key $',
  'api_key.leaked': 'reported that the API key $ was found in public',
  'api_key.minted': 'made the API key $',
  'api_key.revoked': 'revoked the API key $',
  'api_key.rotated': 'rotated the API key $',
  'api_key.used_after_rotation': 'was used after it had been rotated, and refused',
  'api_key.used_from_new_network': 'was used from a new network',
  'api_token.all_revoked': 'revoked all of their API tokens',
  'api_token.made': 'made an API token',
  'api_token.revealed': 'showed an API token again',
  'api_token.revoked': 'revoked an API token',
  'audit.exported': 'exported the audit trail',
  'client.created': 'made the client $',
  'device.changed': 'changed the robot $',
  'device.confirmed': 'confirmed the robot $',
  'device.created': 'added the robot $',
  'device.enrolled': 'let in the robot $ with an enrolment token',
  'device.merged': 'merged the robot $ into another one',
  'device.removed': 'removed the robot $',
  'device.ssh_key_added': 'let an SSH key log in to the robot $',
  'device.ssh_key_removed': 'stopped an SSH key from logging in to the robot $',
  'device_group.changed': 'changed the device group $',
  'device_group.created': 'made the device group $',
  'device_group.removed': 'removed the device group $',
  'device_login.approved': 'approved the login of $',
  'device_login.claimed': 'opened the login of $',
  'device_login.consumed': 'picked up the key of the login of $',
  'device_login.poisoned': 'opened the login of $, which somebody else had opened: it was ended',
  'device_login.refused': 'refused the login of $',
  'device_login.replayed': 'presented the used code of $ again, from another network',
  'device_login.started': 'asked to log $ in',
  'device_login.withdrawn': 'ended the login of $',
  'device_login_policy.changed': 'changed how terminals may log in',
  'enrolment_token.made': 'made the enrolment token $',
  'enrolment_token.revoked': 'revoked the enrolment token $',
  'episode.archived': 'archived the episode $',
  'episode.deleted': 'deleted the episode $ for good',
  'episode.restored': 'restored the episode $ from the archive',
  'episode.trashed': 'moved the episode $ to the trash',
  'episode.untrashed': 'restored the episode $ from the trash',
  'identity.linked': 'linked an account at the sign-in provider',
  'identity.unlinked': 'unlinked an account at the sign-in provider',
  'installation.restored': 'restored the backup $',
  'invitation.accepted': 'accepted the invitation for $',
  'invitation.made': 'invited $',
  'invitation.revoked': 'withdrew the invitation for $',
  'member.left': 'left the organization',
  'member.removed': 'removed $ from the organization',
  'member.role_changed': 'changed the role of $',
  'organization.key_policy_changed': 'changed what $ asks of its keys',
  'organization.quota_changed': 'changed how much $ may store',
  'organization.rate_limit_changed': 'changed the rate limit of $',
  'organization.renamed': 'renamed the organization to $',
  'organization.second_factor_optional': 'no longer requires a second factor in $',
  'organization.second_factor_required': 'requires a second factor in $',
  'project.archived': 'archived the project $',
  'project.created': 'made the project $',
  'project.renamed': 'renamed the project $',
  'project.restored': 'restored the project $',
  'recovery_codes.made': 'made new recovery codes',
  'retention_rule.created': 'made a retention rule',
  'retention_rule.ran': 'moved episodes to the trash, as a retention rule says',
  'retention_rule.removed': 'removed a retention rule',
  'second_factor.added': 'added a second factor',
  'second_factor.removed': 'removed a second factor',
  'second_factor.reset': 'took the second factors of $ away',
  'session.all_ended': 'signed out everywhere',
  'session.confirmed': 'confirmed that it is them',
  'session.ended': 'signed out',
  'session.reused': 'presented an access token that had been replaced: its session was ended',
  'session.started': 'signed in',
  'sign_in.failed': 'did not get in: the sign-in failed',
  'sign_in.limited': 'has to wait after too many wrong passwords',
  'ssh_key.added': 'added the SSH key $',
  'ssh_key.removed': 'removed the SSH key $',
  'trash.emptied': 'emptied the trash',
  'trash.expired': 'began to delete what was long enough in the trash',
  'webhook.changed': 'changed the webhook $',
  'webhook.created': 'added the webhook $',
  'webhook.disabled': 'gave up on the webhook $: it was disabled',
  'webhook.redelivered': 'delivered a message again to the webhook $',
  'webhook.removed': 'removed the webhook $',
  'webhook.secret_rotated': 'rotated the secret of the webhook $',
  'webhook.tested': 'sent a test to the webhook $',
}

/** An event in words: who, and what they did to which. Parts, because names are set apart from our own words. */
export interface Sentence {
  actor: string
  before: string
  /** Undefined where the sentence needs no name. */
  target: string | undefined
  after: string
}

/** @example sentenceOf(event) // { actor: 'Ada Okafor', before: 'approved the login of', target: 'bench-3', after: '' } */
export function sentenceOf(event: AuditEvent): Sentence {
  const words = SENTENCES[event.action] ?? `${unknown(event.action)} $`
  const [before = '', after] = words.split('$')
  return {
    actor: actorName(event),
    before: before.trim(),
    target: after === undefined ? undefined : targetName(event),
    after: after?.trim() ?? '',
  }
}

export function actorName({ actor }: AuditEvent): string {
  if (actor.name !== null) return actor.kind === 'api_key' ? `Key ${actor.name}` : actor.name
  if (actor.kind === 'operator') return 'The operator'
  if (actor.kind === 'system') return 'This server'
  if (actor.id === null) return 'Somebody'
  return actor.kind === 'api_key' ? `Key ${actor.id}` : shorten(actor.id)
}

export function targetName({ target }: AuditEvent): string {
  return target.name ?? (target.id.startsWith('dl_') ? 'an unnamed machine' : shorten(target.id, 12, 4))
}

/** `role.raised` → `role raised`: what a newer server may say. */
function unknown(action: string): string {
  return `${action.replaceAll(/[._]/g, ' ')}:`
}
