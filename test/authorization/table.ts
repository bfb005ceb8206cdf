import {
  anyCredential,
  everybody,
  inOrganization,
  inPortal,
  ofCredential,
  ownInPortal,
  ownOverRest,
  type Row,
  staffInPortal,
  staffOverRest,
} from './expectations.ts'
import type { Target } from './world.ts'

const OUTSIDE_OF_PIN = { key_pinned_to_another_device: 404 } as const
const FLEET = '/api/v1/organizations/:org/projects/:project'
/** Names, which every credential of the organization may read. */
const ANY_SCOPE = { key_without_the_scope: 'in' } as const
/** What is the whole organization's is not for a key of one robot. */
const NOT_PINNED = { key_pinned_to_another_device: 403 } as const

/** They may, but there is no such SSH key. */
const WORKERS_OWN = { member: 'own', admin: 'own', owner: 'own', staff: 'own' } as const
const NO_KEY = {
  key_of_another_organization: 403,
  key_without_the_scope: 403,
  key_pinned_to_another_device: 403,
  key_with_every_scope: 403,
} as const

/** Webhooks tell of the whole organization, so a key for one device is not for them. */
const ofWebhooks = inOrganization('admin', { key_pinned_to_another_device: 403 })

/** Who may do what over REST: one line a route. A route that is not here fails the test. */
export const REST: Record<string, Row> = {
  'POST /api/ingest/episode': ofCredential('episodes:write'),
  'POST /api/ingest/episode/:id/finalize': inOrganization('episodes:write', OUTSIDE_OF_PIN),
  'GET /api/episodes': ofCredential('episodes:read'),
  'GET /api/episodes/:id': inOrganization('episodes:read', OUTSIDE_OF_PIN),
  'GET /api/v1/organizations/:org/trash': inOrganization('episodes:read', NOT_PINNED),
  'GET /api/episodes/:id/artifact/:kind': inOrganization('episodes:read', OUTSIDE_OF_PIN),
  // The signature alone decides; without a good one it is 403, whoever asks.
  'PUT /api/blobs/episodes/:organization_id/:episode_id/:file': everybody(403),
  'GET /api/blobs/episodes/:organization_id/:episode_id/:file': everybody(403),

  'GET /api/whoami': anyCredential(),
  'POST /api/cli/auth/revoke': anyCredential(),
  // Keys need the scope for it; people may look, and members make keys of their own.
  'GET /api/v1/organizations/:org/api-keys': inOrganization('keys:manage', { viewer: 'in', member: 'in' }),
  'POST /api/v1/organizations/:org/api-keys': inOrganization('keys:manage', { member: 'in' }),
  'PATCH /api/v1/organizations/:org/api-keys/:key': inOrganization('keys:manage', OUTSIDE_OF_PIN),
  'POST /api/v1/organizations/:org/api-keys/:key/rotate': inOrganization('keys:manage', OUTSIDE_OF_PIN),
  'DELETE /api/v1/organizations/:org/api-keys/:key': inOrganization('keys:manage', OUTSIDE_OF_PIN),
  'GET /api/v1/user/api-keys': ownOverRest(),
  // Who may work nowhere has nothing to give a key.
  'POST /api/v1/user/api-keys': ownOverRest({ viewer: 403, removed_member: 403 }),
  'DELETE /api/v1/user/api-keys/:key': ownOverRest(),

  // The sender's signature alone decides; without the sender's keys the address is not there.
  'POST /api/secret-scanning/alerts': everybody(404),

  'GET /api/openapi.json': everybody(),
  'GET /api/version': everybody(),
  'POST /api/v1/auth/login': everybody(),
  // For access tokens alone, which are not among the callers: what a token or key cannot do.
  'POST /api/v1/auth/refresh': everybody(401),
  'POST /api/v1/auth/logout': everybody(401),
  'POST /api/cli/auth/start': everybody(),
  'POST /api/cli/auth/poll': everybody('own'),
  'POST /oauth/device_authorization': everybody(),
  'POST /oauth/token': everybody(),
  'POST /oauth/revoke': everybody(),
  'POST /oauth/introspect': ofCredential('episodes:read', { key_without_the_scope: 'in', stranger: 404 }),
  'GET /.well-known/oauth-authorization-server': everybody(),

  'GET /api/v1/organizations/:org/audit': inOrganization('admin', { key_pinned_to_another_device: 403 }),
  'GET /api/v1/admin/audit': staffOverRest(),

  'GET /api/v1/organizations/:org/webhooks': ofWebhooks,
  'POST /api/v1/organizations/:org/webhooks': ofWebhooks,
  'GET /api/v1/organizations/:org/webhooks/:webhook': ofWebhooks,
  'PATCH /api/v1/organizations/:org/webhooks/:webhook': ofWebhooks,
  'DELETE /api/v1/organizations/:org/webhooks/:webhook': ofWebhooks,
  'POST /api/v1/organizations/:org/webhooks/:webhook/rotate-secret': ofWebhooks,
  'POST /api/v1/organizations/:org/webhooks/:webhook/test': ofWebhooks,
  'GET /api/v1/organizations/:org/webhooks/:webhook/deliveries': ofWebhooks,
  'GET /api/v1/organizations/:org/webhooks/:webhook/deliveries/:delivery': ofWebhooks,
  'POST /api/v1/organizations/:org/webhooks/:webhook/deliveries/:delivery/redeliver': ofWebhooks,

  'GET /api/v1/user/api-tokens': ownOverRest(),
  // A token makes no token: it would outlive its own end.
  'POST /api/v1/user/api-tokens': anyCredential(403),
  'DELETE /api/v1/user/api-tokens/:id': ownOverRest(),
  'GET /api/v1/user/ssh-keys': ownOverRest(),
  'POST /api/v1/user/ssh-keys': ownOverRest(),
  'DELETE /api/v1/user/ssh-keys/:id': ownOverRest(),

  'GET /api/v1/organizations': anyCredential(),
  'GET /api/v1/organizations/:org': inOrganization('fleet:read', ANY_SCOPE),
  'PATCH /api/v1/organizations/:org': inOrganization('admin', NOT_PINNED),
  // People may look whatever their role; keys need the scope.
  'GET /api/v1/organizations/:org/members': inOrganization('admin', {
    ...NOT_PINNED,
    viewer: 'in',
    member: 'in',
  }),
  'GET /api/v1/organizations/:org/projects': inOrganization('fleet:read', ANY_SCOPE),
  'POST /api/v1/organizations/:org/projects': inOrganization('admin', NOT_PINNED),
  'GET /api/v1/organizations/:org/projects/:project': inOrganization('fleet:read', ANY_SCOPE),
  'PATCH /api/v1/organizations/:org/projects/:project': inOrganization('admin', NOT_PINNED),
  // A device alone says how it is: by its own key, which is none of these.
  [`POST ${FLEET}/devices/:device/heartbeat`]: inOrganization('fleet:read', {
    ...{ viewer: 403, member: 403, admin: 403, owner: 403, staff: 403 },
    ...{ key_with_every_scope: 403, key_pinned_to_another_device: 404 },
  }),
  [`GET ${FLEET}/devices/:device/authorized_keys`]: inOrganization('fleet:read', OUTSIDE_OF_PIN),
  'GET /api/v1/organizations/:org/devices': inOrganization('fleet:read'),
  [`GET ${FLEET}/devices`]: inOrganization('fleet:read'),
  [`POST ${FLEET}/devices`]: inOrganization('fleet:write', NOT_PINNED),
  [`POST ${FLEET}/devices/register-offline`]: inOrganization('fleet:write', NOT_PINNED),
  [`GET ${FLEET}/devices/:device`]: inOrganization('fleet:read', OUTSIDE_OF_PIN),
  [`PATCH ${FLEET}/devices/:device`]: inOrganization('fleet:write', OUTSIDE_OF_PIN),
  [`DELETE ${FLEET}/devices/:device`]: inOrganization('fleet:write', OUTSIDE_OF_PIN),
  [`GET ${FLEET}/devices/:device/health`]: inOrganization('fleet:read', OUTSIDE_OF_PIN),
  [`POST ${FLEET}/devices/:device/merge`]: inOrganization('fleet:write', OUTSIDE_OF_PIN),
  // An SSH key is a person's, so a key of the organization selects none; and there is none of that id.
  [`GET ${FLEET}/devices/:device/ssh-keys`]: inOrganization('fleet:read', NO_KEY),
  [`POST ${FLEET}/devices/:device/ssh-keys`]: inOrganization('fleet:write', { ...WORKERS_OWN, ...NO_KEY }),
  [`DELETE ${FLEET}/devices/:device/ssh-keys/:ssh_key_id`]: inOrganization('fleet:write', {
    ...WORKERS_OWN,
    ...NO_KEY,
  }),
  [`GET ${FLEET}/sessions`]: inOrganization('episodes:read'),
  [`GET ${FLEET}/sessions/:id`]: inOrganization('episodes:read', OUTSIDE_OF_PIN),
  // What is gone is gone: for admins alone.
  [`DELETE ${FLEET}/sessions/:id`]: inOrganization('admin', OUTSIDE_OF_PIN),
  [`POST ${FLEET}/sessions/:id/trash`]: inOrganization('admin', OUTSIDE_OF_PIN),
  [`POST ${FLEET}/sessions/:id/restore`]: inOrganization('admin', OUTSIDE_OF_PIN),
  [`GET ${FLEET}/sessions/:id/artifacts`]: inOrganization('episodes:read', OUTSIDE_OF_PIN),
  [`GET ${FLEET}/sessions/:id/logs`]: inOrganization('episodes:read', OUTSIDE_OF_PIN),
  [`POST ${FLEET}/sessions/:id/logs`]: inOrganization('episodes:write', OUTSIDE_OF_PIN),
  [`POST ${FLEET}/sessions/:id/tags`]: inOrganization('episodes:write', OUTSIDE_OF_PIN),
  [`DELETE ${FLEET}/sessions/:id/tags/:tag`]: inOrganization('episodes:write', OUTSIDE_OF_PIN),
  // A robot reads what it is to run, and does not say what that is.
  [`GET ${FLEET}/capsules`]: inOrganization('fleet:read'),
  [`POST ${FLEET}/capsules`]: inOrganization('fleet:write', NOT_PINNED),
  [`GET ${FLEET}/capsules/:capsule`]: inOrganization('fleet:read'),
  [`DELETE ${FLEET}/capsules/:capsule`]: inOrganization('fleet:write', NOT_PINNED),
  [`GET ${FLEET}/capsules/:capsule/download`]: inOrganization('fleet:read'),
  [`GET ${FLEET}/packages`]: inOrganization('fleet:read'),
  [`POST ${FLEET}/packages`]: inOrganization('fleet:write', NOT_PINNED),
  [`GET ${FLEET}/packages/:package`]: inOrganization('fleet:read'),
  [`GET ${FLEET}/device-groups`]: inOrganization('fleet:read'),
  [`POST ${FLEET}/device-groups`]: inOrganization('fleet:write', NOT_PINNED),
  [`GET ${FLEET}/device-groups/:group`]: inOrganization('fleet:read'),
  [`PATCH ${FLEET}/device-groups/:group`]: inOrganization('fleet:write', NOT_PINNED),
  [`DELETE ${FLEET}/device-groups/:group`]: inOrganization('fleet:write', NOT_PINNED),
  [`GET ${FLEET}/enrolment-tokens`]: inOrganization('fleet:read', NOT_PINNED),
  // What robots get outlives an API token, with which people come here; the portal makes them.
  [`POST ${FLEET}/enrolment-tokens`]: inOrganization('keys:manage', {
    ...NOT_PINNED,
    ...{ admin: 403, owner: 403, staff: 403 },
  }),
  [`DELETE ${FLEET}/enrolment-tokens/:token`]: inOrganization('keys:manage', NOT_PINNED),
  // An enrolment token is none of these callers.
  'POST /api/v1/devices/enroll': everybody(401),
}

interface Call {
  row: Row
  /** What is sent; nothing where it would be about the caller alone, and 400 proves that they were let in. */
  input?: (at: Target) => unknown
}

const place = ({ organization_id, device }: Target) => ({ org: organization_id, project: 'default', device })
const organization = ({ organization_id }: Target) => ({ organization_id })
const somebody = ({ organization_id, account_id }: Target) => ({ organization_id, account_id })
const episode = ({ episode_id }: Target) => ({ id: episode_id })
const episodes = ({ episode_id }: Target) => ({ ids: [episode_id] })
const rule = (at: Target) => ({
  ...organization(at),
  ...{ project: null, status: null, source: 'sim', keep_tag: null, days: 36_500 },
})
const apiKey = ({ api_key_id }: Target) => ({ id: api_key_id })

const hook = ({ organization_id, webhook_id }: Target) => ({ org: organization_id, webhook: webhook_id })

const own: Call = { row: ownInPortal() }
const open: Call = { row: everybody('own') }

/** The same for the portal's procedures. */
export const TRPC: Record<string, Call> = {
  'auth.me': open,
  'auth.passkeyHost': open,
  'auth.signIn': open,
  'auth.finishSignIn': open,
  'auth.askPasskey': open,
  'auth.signInWithPasskey': open,
  'auth.signOut': open,
  'auth.signOutEverywhere': own,
  'auth.askToConfirm': own,
  'auth.confirm': own,
  'auth.resetWays': open,
  'auth.askReset': open,
  'auth.viewReset': open,
  'auth.resetPassword': open,
  'auth.makeResetLink': { row: staffInPortal(), input: ({ account_id }) => ({ id: account_id }) },
  'auth.rename': own,
  'auth.changePassword': own,
  'auth.sessions': own,
  'auth.endSession': own,
  'auth.factors': own,
  'auth.startTotp': own,
  'auth.confirmTotp': own,
  'auth.removeTotp': own,
  'auth.remakeRecoveryCodes': own,
  'auth.startPasskey': own,
  'auth.addPasskey': own,
  'auth.removePasskey': own,
  'setup.status': open,
  'setup.complete': open,
  'clients.list': { row: staffInPortal() },
  'clients.get': { row: staffInPortal(), input: ({ organization_id }) => ({ id: organization_id }) },
  'clients.create': { row: staffInPortal(), input: ({ episode_id }) => ({ name: episode_id }) },
  'organization.get': { row: inPortal('viewer'), input: organization },
  'organization.rename': { row: inPortal('admin'), input: (at) => ({ ...organization(at), name: 'Otter' }) },
  'organization.projects': { row: inPortal('viewer'), input: organization },
  'organization.createProject': {
    row: inPortal('admin'),
    input: (at) => ({ ...organization(at), name: at.episode_id }),
  },
  'organization.changeProject': {
    row: inPortal('admin'),
    input: (at) => ({ ...organization(at), project: 'default', name: 'Bench' }),
  },
  'organization.secondFactor': { row: inPortal('viewer'), input: organization },
  'organization.setSecondFactor': {
    row: inPortal('admin'),
    input: (at) => ({ ...organization(at), required: false }),
  },
  'members.list': { row: inPortal('viewer'), input: organization },
  'members.consequences': { row: inPortal('admin'), input: (at) => ({ ...somebody(at), role: null }) },
  'members.changeRole': { row: inPortal('admin'), input: (at) => ({ ...somebody(at), role: 'member' }) },
  'members.remove': { row: inPortal('admin'), input: somebody },
  // Staff who do not belong to an organization cannot leave it, nor give away what is not theirs.
  'members.leave': { row: inPortal('viewer', { staff: 404 }), input: organization },
  'members.transferOwnership': { row: inPortal('owner', { staff: 403 }), input: somebody },
  'invitations.list': { row: inPortal('admin'), input: organization },
  'invitations.make': {
    row: inPortal('admin'),
    input: (at) => ({ ...organization(at), email: `${at.episode_id}@lab.example`, role: 'viewer' }),
  },
  'invitations.renew': { row: inPortal('admin'), input: ({ invitation_id }) => ({ id: invitation_id }) },
  'invitations.revoke': { row: inPortal('admin'), input: ({ invitation_id }) => ({ id: invitation_id }) },
  'invitation.view': open,
  'invitation.accept': own,
  'invitation.join': open,
  'provider.status': open,
  'provider.identities': own,
  'provider.link': own,
  'provider.unlink': own,
  'apiKeys.list': { row: inPortal('viewer'), input: organization },
  'apiKeys.deviceKeyCount': { row: inPortal('viewer'), input: organization },
  'apiKeys.days': { row: inPortal('viewer'), input: organization },
  'apiKeys.history': { row: inPortal('viewer'), input: apiKey },
  'apiKeys.pins': { row: inPortal('viewer'), input: organization },
  'apiKeys.mint': { row: inPortal('member'), input: (at) => ({ ...organization(at), label: 'ci' }) },
  // Somebody else's key; of their own a member is told in the tests of keys.
  'apiKeys.edit': { row: inPortal('admin'), input: (at) => ({ ...apiKey(at), label: 'ci' }) },
  'apiKeys.rotate': { row: inPortal('admin'), input: apiKey },
  'apiKeys.revoke': { row: inPortal('admin'), input: apiKey },
  'apiKeys.personal': own,
  'apiKeys.mintPersonal': own,
  'keyPolicy.get': { row: inPortal('viewer'), input: organization },
  'keyPolicy.set': {
    row: inPortal('admin'),
    input: (at) => ({ ...organization(at), key_days_max: null, leaked_keys: 'notify' }),
  },
  'keyPolicy.setRateLimit': {
    row: staffInPortal(),
    input: (at) => ({ ...organization(at), rate_limit: null }),
  },
  'apiTokens.list': own,
  'apiTokens.make': own,
  'apiTokens.reveal': own,
  'apiTokens.revoke': own,
  'apiTokens.revokeAll': own,
  'sshKeys.list': own,
  'sshKeys.add': own,
  'sshKeys.remove': own,
  'fleet.list': { row: inPortal('viewer'), input: place },
  'fleet.episodeCounts': {
    row: inPortal('viewer'),
    input: ({ organization_id, device_id }) => ({ org: organization_id, device_ids: [device_id] }),
  },
  'fleet.facets': { row: inPortal('viewer'), input: place },
  'fleet.get': { row: inPortal('viewer'), input: place },
  'fleet.create': { row: inPortal('member'), input: (at) => ({ ...place(at), name: 'arm-7' }) },
  'fleet.update': { row: inPortal('member'), input: (at) => ({ ...place(at), environment: 'staging' }) },
  'fleet.remove': { row: inPortal('member'), input: place },
  'fleet.merge': { row: inPortal('member'), input: (at) => ({ ...place(at), into: 'arm-0' }) },
  'fleet.health': { row: inPortal('viewer'), input: place },
  'fleet.apiKeys': { row: inPortal('viewer'), input: place },
  'fleet.groups': { row: inPortal('viewer'), input: place },
  'fleet.createGroup': {
    row: inPortal('member'),
    input: (at) => ({ ...place(at), name: at.episode_id }),
  },
  'fleet.updateGroup': {
    row: inPortal('member'),
    input: (at) => ({ ...place(at), group: at.group_id, description: 'by the window' }),
  },
  'fleet.removeGroup': { row: inPortal('member'), input: (at) => ({ ...place(at), group: at.group_id }) },
  'fleet.enrolmentTokens': { row: inPortal('viewer'), input: place },
  'fleet.makeEnrolmentToken': {
    row: inPortal('admin'),
    input: (at) => ({ ...place(at), label: 'cell 2' }),
  },
  'fleet.revokeEnrolmentToken': {
    row: inPortal('admin'),
    input: (at) => ({ ...place(at), token: at.enrolment_token_id }),
  },
  'fleet.doorKeys': { row: inPortal('viewer'), input: place },
  'fleet.selectDoorKey': {
    row: inPortal('member', WORKERS_OWN),
    input: (at) => ({ ...place(at), ssh_key_id: 'ssh_x' }),
  },
  'fleet.removeDoorKey': {
    row: inPortal('member', WORKERS_OWN),
    input: (at) => ({ ...place(at), ssh_key_id: 'ssh_x' }),
  },
  'episodes.list': { row: inPortal('viewer'), input: organization },
  'episodes.get': { row: inPortal('viewer'), input: episode },
  'episodes.archive': { row: inPortal('member'), input: episode },
  'episodes.restore': { row: inPortal('member'), input: episode },
  'episodes.trash': { row: inPortal('admin'), input: episodes },
  'episodes.untrash': { row: inPortal('admin'), input: episodes },
  'episodes.trashed': { row: inPortal('viewer'), input: organization },
  'episodes.deleteTrashed': { row: inPortal('admin'), input: episodes },
  'episodes.emptyTrash': { row: inPortal('admin'), input: organization },
  'storage.get': { row: inPortal('viewer'), input: organization },
  'storage.rules': { row: inPortal('viewer'), input: organization },
  'storage.previewRule': { row: inPortal('admin'), input: (at) => ({ ...rule(at), from: null }) },
  'storage.createRule': { row: inPortal('admin'), input: rule },
  'storage.removeRule': {
    row: inPortal('admin'),
    input: (at) => ({ ...organization(at), id: at.retention_rule_id }),
  },
  'storage.setQuota': { row: staffInPortal(), input: (at) => ({ ...organization(at), quota_bytes: null }) },
  'deviceLogin.claim': own,
  'deviceLogin.view': own,
  'deviceLogin.approve': own,
  'deviceLogin.refuse': own,
  'deviceLogin.policy': { row: inPortal('viewer'), input: organization },
  'deviceLogin.setPolicy': {
    row: inPortal('admin'),
    input: (at) => ({ ...organization(at), allowed: true, networks: [], key_days: null, step_up: false }),
  },
  'deviceLogin.revokeKey': own,
  'notices.list': own,
  'notices.dismiss': own,
  'webhooks.list': { row: inPortal('admin'), input: hook },
  'webhooks.create': {
    row: inPortal('admin'),
    input: (at) => ({ ...hook(at), url: 'https://hooks.example.com/', events: ['key.minted'] }),
  },
  'webhooks.change': { row: inPortal('admin'), input: (at) => ({ ...hook(at), description: 'on call' }) },
  'webhooks.rotateSecret': { row: inPortal('admin'), input: hook },
  'webhooks.remove': { row: inPortal('admin'), input: hook },
  'webhooks.test': { row: inPortal('admin'), input: hook },
  'webhooks.deliveries': { row: inPortal('admin'), input: hook },
  'webhooks.delivery': {
    row: inPortal('admin'),
    input: (at) => ({ ...hook(at), delivery: at.delivery_id }),
  },
  'webhooks.redeliver': {
    row: inPortal('admin'),
    input: (at) => ({ ...hook(at), delivery: at.delivery_id }),
  },
  'audit.list': { row: inPortal('admin'), input: organization },
  'audit.listAll': { row: staffInPortal(), input: () => ({}) },
}
