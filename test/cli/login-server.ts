import { KEY, type Reply, startWireServer, type WireServer } from '../sdk/wire-server.ts'

/** What this server says at each step; what a test leaves out is what a healthy one says. */
export interface Script {
  start?: (url: string) => object
  /** One a poll; the last one is repeated. */
  polls?: Reply[]
  /** Members of the approved answer. */
  approved?: object
  whoami?: Reply
  revoke?: Reply
}

export const CLIENT_ID = '9f8e7d00-0000-4000-8000-00000000c1a2'
export const PENDING: Reply = { status: 200, json: { status: 'pending' } }
/** The connection breaks before an answer. */
export const LOST: Reply = { status: 0 }

/**
 * A small real server that speaks the login, so that a test can make it misbehave.
 *
 * @example await using server = await startLoginServer({ polls: [LOST, PENDING] })
 */
export function startLoginServer(script: Script = {}): Promise<WireServer> {
  let polled = 0
  return startWireServer(({ path }, { url }) => {
    if (path === '/api/cli/auth/start')
      return { status: 200, json: { ...started(url), ...script.start?.(url) } }
    if (path === '/api/cli/auth/poll') {
      const polls = script.polls ?? []
      return polls[Math.min(polled++, polls.length - 1)] ?? approved(url, script.approved)
    }
    if (path === '/api/cli/auth/revoke') return script.revoke ?? { status: 200, json: revoked() }
    if (path === '/api/whoami') return script.whoami ?? { status: 200, json: known() }
    return undefined
  })
}

export function started(url: string) {
  return {
    device_code: 'a-secret-that-nobody-sees',
    user_code: 'XKDF-PQ4N',
    verification_uri: `${url}/cli/auth`,
    verification_uri_complete: `${url}/cli/auth?code=XKDF-PQ4N`,
    expires_in: 600,
    interval: 2,
  }
}

export function approved(url: string, members: object = {}): Reply {
  return {
    status: 200,
    json: {
      status: 'approved',
      api_key: KEY,
      base_url: url,
      client_id: CLIENT_ID,
      user_email: 'art@robotrace.dev',
      portal_url: `${url}/portal`,
      organization: { id: CLIENT_ID, slug: 'halcyon', name: 'Halcyon Robotics' },
      ...members,
    },
  }
}

export function revoked() {
  return {
    status: 'revoked',
    key_id: KEY.slice(3, 13),
    key_prefix: KEY.slice(0, 13),
    revoked_at: '2026-05-04T20:08:14.000Z',
  }
}

export function known(members: object = {}) {
  return {
    kind: 'personal_key',
    key_id: KEY.slice(3, 13),
    key_prefix: KEY.slice(0, 13),
    label: 'robotrace-cli (XKDF-PQ4N)',
    client_id: CLIENT_ID,
    organization: { id: CLIENT_ID, slug: 'halcyon', name: 'Halcyon Robotics' },
    organizations: null,
    project_id: null,
    device_id: null,
    user_email: 'art@robotrace.dev',
    scopes: ['episodes:write', 'episodes:read'],
    created_at: '2026-05-04T20:08:14.000Z',
    expires_at: null,
    rotation: { due: false, reason: null, by: '2026-08-02T20:08:14.000Z' },
    ...members,
  }
}
