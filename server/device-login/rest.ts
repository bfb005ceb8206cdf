import type { DeviceLoginPoll, EndedDeviceLogin } from '../../sdk/wire.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { type Door, door, streamDoor } from '../http/door.ts'
import { sendJson } from '../http/send-json.ts'
import { DEFAULT_SCOPES } from '../organizations/scopes.ts'
import { CLI_CLIENT, type StartedLogin, startDeviceLogin } from './device-login.ts'
import { type Grant, type PollOutcome, pollDeviceLogin } from './poll.ts'
import { pollInput, startedLogin, startInput } from './schema.ts'

/** Seconds between polls; the stock client takes what it is told. */
const INTERVAL_S = 2

/** Where a person goes with a user code; the complete one carries it (RFC 8628 section 3.2). */
export function verificationUris(
  ctx: Pick<AppContext, 'config'>,
  { user_code }: Pick<StartedLogin, 'user_code'>,
) {
  const verification_uri = `${ctx.config.public_url}/cli/auth`
  return { verification_uri, verification_uri_complete: `${verification_uri}?code=${user_code}` }
}

/**
 * The RoboTrace dialect. Its client takes any status but 200 and 410 for the end, and a null member for a crash:
 * so a poll that comes too fast is told to wait with 200, and what is not known is left out.
 */
export const deviceLoginDoors: Door[] = [
  door({
    method: 'POST',
    path: '/api/cli/auth/start',
    caller: 'anyone',
    summary: 'Begin to sign a terminal in',
    unlimited: 'Starts have a budget of their own for each network.',
    input: startInput,
    output: startedLogin,
    status: 200,
    refusals: ['rate_limited', 'unavailable'],
    example: { body: { user_agent: 'robotrace-js/0.1.0 node/20 linux/x64', hostname: 'bench-3' } },
    async handle(ctx, input, caller) {
      const user_agent = input.user_agent || caller.user_agent
      const started = await startDeviceLogin(ctx, {
        client_id: CLI_CLIENT,
        scopes: input.scope?.length ? [...new Set(input.scope)].join(' ') : DEFAULT_SCOPES,
        hostname: input.hostname || null,
        sdk_version: sdkVersion(user_agent),
        interval_s: INTERVAL_S,
        ip: caller.ip,
        request_id: caller.request_id,
        user_agent,
      })
      return { ...started, ...verificationUris(ctx, started) }
    },
  }),
  streamDoor({
    method: 'POST',
    path: '/api/cli/auth/poll',
    caller: 'anyone',
    summary: 'Ask whether the terminal has been let in',
    unlimited: 'Polls have a pace of their own, and the stock client takes a 429 for the end.',
    input: pollInput,
    status: 200,
    answers:
      '`{status: "pending", interval}`, `{status: "approved", api_key, base_url, client_id, user_email, portal_url, organization, scope}` once, or `{status: "denied"}`; 410 with `{status: "expired" | "consumed"}`',
    refusals: ['not_found'],
    example: { body: { device_code: 'x'.repeat(43) } },
    async respond(ctx, input, caller, { response }) {
      const outcome = await pollDeviceLogin(ctx, { ...input, client_id: CLI_CLIENT, ...caller })
      if (outcome.state === 'unknown') {
        throw new AppError('not_found', 'No login with this device_code. Start again with `robotrace login`.')
      }
      // The client compares this `status`, a string, where a problem body has the number.
      if (outcome.state === 'expired' || outcome.state === 'consumed') {
        sendJson(response, 410, ended(outcome.state))
      } else {
        sendJson(response, 200, stillOn(ctx, outcome))
      }
    },
  }),
]

function stillOn(
  ctx: Pick<AppContext, 'config'>,
  outcome: Exclude<PollOutcome, { state: 'expired' | 'unknown' | 'consumed' }>,
): DeviceLoginPoll {
  if (outcome.state === 'denied') return { status: 'denied' }
  if (outcome.state === 'approved') return { status: 'approved', ...handover(ctx, outcome.grant) }
  return { status: 'pending', interval: outcome.interval_s }
}

const GONE = {
  expired: 'Login window expired before the device was authorized. Run `robotrace login` again.',
  consumed: 'This login has been used already. Run `robotrace login` again.',
}

function ended(status: 'expired' | 'consumed'): EndedDeviceLogin {
  return { status, error: GONE[status], detail: GONE[status] }
}

function handover(ctx: Pick<AppContext, 'config'>, { api_key, scopes, user_email, organization }: Grant) {
  const { public_url } = ctx.config
  return {
    api_key,
    base_url: public_url,
    client_id: organization.id,
    user_email,
    portal_url: `${public_url}/portal`,
    organization,
    scope: scopes,
  }
}

/** `robotrace-python/0.3.0 cpython/3.12 linux/x86_64` says which SDK will use the key. */
function sdkVersion(user_agent: string): string | null {
  return /^(robotrace-[a-z]+\/[\w.+-]{1,40})/.exec(user_agent)?.[1] ?? null
}
