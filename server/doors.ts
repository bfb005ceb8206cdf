import { accountDoors } from './accounts/rest.ts'
import { apiKeyDoors } from './api-keys/rest.ts'
import { apiTokenDoors } from './api-tokens/rest.ts'
import { auditDoors } from './audit-trail/rest.ts'
import { credentialDoors } from './credentials/rest.ts'
import { oauthDoors } from './device-login/oauth.ts'
import { deviceLoginDoors } from './device-login/rest.ts'
import { episodeDoors } from './episodes/rest.ts'
import { fleetDoors } from './fleet/rest.ts'
import type { Door } from './http/door.ts'
import type { Section } from './http/openapi.ts'
import { leakedKeyDoors } from './leaked-keys/rest.ts'
import { memberDoors } from './members/rest.ts'
import { organizationDoors } from './organizations/rest.ts'
import { referenceDoors } from './reference/rest.ts'
import { sessionDoors } from './sessions/rest.ts'
import { softwareDoors } from './software/rest.ts'
import { sshKeyDoors } from './ssh-keys/rest.ts'
import { webhookDoors } from './webhooks/rest.ts'

/**
 * Every REST route of the server, slice by slice, as the reference shows them. The router tries them in this order, so
 * the busiest come first.
 */
export const SECTIONS: readonly Section[] = [
  {
    name: 'Episodes',
    about: 'Record a run: start, upload to signed links, finalize. Read it back.',
    doors: episodeDoors,
  },
  {
    name: 'Devices',
    about: 'The robots of a project: groups, heartbeats, enrolment.',
    doors: fleetDoors,
  },
  {
    name: 'Sessions',
    about: 'Episodes as the runs of a device: tags, logs, artifacts.',
    doors: sessionDoors,
  },
  {
    name: 'Software',
    about: 'Capsules (archives in a version) and packages of them.',
    doors: softwareDoors,
  },
  {
    name: 'This credential',
    about: 'What the presented key or token is, and how it ends itself.',
    doors: credentialDoors,
  },
  {
    name: 'API keys',
    about: 'Long-lived secrets of an organization (`rt_…`) or a person (`rbtk_…`).',
    doors: apiKeyDoors,
  },
  {
    name: 'Organizations',
    about: 'Organizations and their projects.',
    doors: organizationDoors,
  },
  {
    name: 'Members',
    about: 'The people of an organization.',
    doors: memberDoors,
  },
  {
    name: 'Webhooks',
    about: 'What happens, told to a receiver of yours; docs/webhooks.md says how to verify it.',
    doors: webhookDoors,
  },
  {
    name: 'Audit',
    about: 'What was done, by whom and from where.',
    doors: auditDoors,
  },
  {
    name: 'API tokens',
    about: 'JWTs of a person, with a chosen life.',
    doors: apiTokenDoors,
  },
  {
    name: 'SSH keys',
    about: 'Public keys of a person, to log in to devices with.',
    doors: sshKeyDoors,
  },
  {
    name: 'Sign-in',
    about: 'Access tokens for a password, good for an hour.',
    doors: accountDoors,
  },
  {
    name: 'Device login',
    about: 'A terminal gets a key through the browser.',
    doors: deviceLoginDoors,
  },
  {
    name: 'OAuth',
    about: 'The same as RFC 8628, 7009 and 7662 have it, form-encoded.',
    doors: oauthDoors,
  },
  {
    name: 'Leaked keys',
    about: 'Where a secret scanner says that a key stands in public.',
    doors: leakedKeyDoors,
  },
  {
    name: 'Reference',
    about: 'This document, and the version of the server.',
    doors: referenceDoors,
  },
]

/** The same in one list: every-route.test.ts holds each to what it declares. */
export const DOORS: readonly Door[] = SECTIONS.flatMap(({ doors }) => doors)
