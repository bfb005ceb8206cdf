import type { Request, Response } from 'express'
import type { AnonymousCaller, Caller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { clientAddress, networkOf, siteOf } from './client-address.ts'
import { type RateReading, WINDOW_MS } from './rate-store.ts'

type Ctx = Pick<AppContext, 'config' | 'rates' | 'now'>

/**
 * Whose requests are counted together: one API key, one person's tokens, one person's browser, or whoever comes from
 * a network and is nobody.
 */
interface Bucket {
  policy: 'key' | 'user' | 'portal' | 'network' | 'enrolment'
  /** Names it in the store; never leaves the server. */
  name: string
  limit: number
}

/** What a page of the portal asks for in one go is many requests; a person cannot click sixty times a minute. */
const PORTAL_LIMIT = 600

/** A robot that lost an answer asks again a few times; each time a key ends and another one is minted. */
const ENROLLED_AGAIN_LIMIT = 6

/** An IPv6 site has 65,536 networks: together they may this many times what one may. */
const NETWORKS_OF_A_SITE = 16

/**
 * Finds out who is calling and takes the request from their bucket. Whoever is not let in costs their network
 * instead, and a network that has failed too often is told to wait rather than why.
 *
 * @param unlimited why the route is never refused for its rate; its answers still say how the bucket stands
 * @throws AppError rate_limited, or whatever `identify` throws
 */
export async function admit<Who extends Caller | AnonymousCaller>(
  ctx: Ctx,
  request: Request,
  unlimited: string | undefined,
  identify: () => Promise<Who>,
): Promise<Who> {
  if (!isLimited(ctx)) return identify()
  const caller = await identify().catch(async (error: unknown) => {
    if (error instanceof AppError && error.status < 500) await spendNetwork(ctx, request)
    throw error
  })
  if (caller.kind === 'anonymous' && unlimited === undefined) await spendNetwork(ctx, request)
  else await spend(ctx, request, bucketOf(ctx, request, caller), unlimited === undefined ? 1 : 0)
  return caller
}

/**
 * One request of the portal, whoever is signed in: its own bucket, so that a person's scripts never lock their
 * browser out. Each procedure of a batch counts.
 *
 * @throws AppError rate_limited
 */
export async function admitPortal(
  ctx: Ctx,
  request: Request,
  person: PersonCaller | undefined,
  procedures: number,
): Promise<void> {
  if (!isLimited(ctx)) return
  const whose = person?.account_id ?? networkOf(clientAddress(request))
  await spend(ctx, request, portalBucket(whose), procedures)
}

/** The network's bucket on an answer that nobody was identified for: an unknown address, a body that is too large. */
export async function countUnidentified(ctx: Ctx, request: Request): Promise<void> {
  if (!isLimited(ctx) || request.res?.hasHeader('X-RateLimit-Limit')) return
  const reading = await ctx.rates.take(...entry(networkBucket(ctx, request)), 1)
  describe(ctx, request.res, networkBucket(ctx, request), reading)
}

/** With 0 nobody is counted, not even where a client has a limit of its own. */
function isLimited(ctx: Ctx): boolean {
  return ctx.config.rate_limit > 0
}

/**
 * A credential that was no good, found out behind the door: its network pays as it does for one at the door.
 *
 * @throws AppError rate_limited
 */
export async function admitFailure(ctx: Ctx, request: Request): Promise<void> {
  if (isLimited(ctx)) await spendNetwork(ctx, request)
}

/**
 * A device that enrols once more with the nonce it enrolled with: a bucket of its own, whatever network it comes from.
 *
 * @throws AppError rate_limited
 */
export async function admitEnrolledAgain(ctx: Ctx, request: Request, device_id: string): Promise<void> {
  if (!isLimited(ctx)) return
  const bucket: Bucket = { policy: 'enrolment', name: `enrolment:${device_id}`, limit: ENROLLED_AGAIN_LIMIT }
  await spend(ctx, request, bucket, 1)
}

async function spendNetwork(ctx: Ctx, request: Request): Promise<void> {
  await spend(ctx, request, networkBucket(ctx, request), 1)
  const site = siteOf(clientAddress(request))
  if (site === undefined) return
  const limit = ctx.config.rate_limit * NETWORKS_OF_A_SITE
  const all: Bucket = { policy: 'network', name: `network:${site}`, limit }
  const reading = await ctx.rates.take(...entry(all), 1)
  if (!reading.allowed) refuse(ctx, request, all, reading)
}

async function spend(ctx: Ctx, request: Request, bucket: Bucket, cost: number): Promise<void> {
  const reading = await ctx.rates.take(...entry(bucket), cost)
  if (!reading.allowed) refuse(ctx, request, bucket, reading)
  describe(ctx, request.res, bucket, reading)
}

function refuse(ctx: Ctx, request: Request, bucket: Bucket, reading: RateReading): never {
  describe(ctx, request.res, bucket, reading)
  const retry_after = Math.max(1, secondsUntil(reading.next_ms))
  throw new AppError('rate_limited', `Rate limit exceeded. Try again in ${retry_after} seconds.`, {
    retry_after,
  })
}

function bucketOf(ctx: Ctx, request: Request, caller: Caller | AnonymousCaller): Bucket {
  if (caller.kind === 'anonymous') return networkBucket(ctx, request)
  const { kind, id } = caller.credential
  if (kind === 'session') return portalBucket(caller.account_id ?? id)
  const acting = caller.kind === 'organization'
  const limit = (acting ? caller.rate_limit : null) ?? ctx.config.rate_limit
  // What a credential does in one organization never counts in another one.
  const where = acting ? caller.organization_id : ''
  if (kind === 'api_key') return { policy: 'key', name: `key:${id}@${where}`, limit }
  return { policy: 'user', name: `user:${caller.account_id}@${where}`, limit }
}

function portalBucket(whose: string): Bucket {
  return { policy: 'portal', name: `portal:${whose}`, limit: PORTAL_LIMIT }
}

function networkBucket(ctx: Ctx, request: Request): Bucket {
  const name = `network:${networkOf(clientAddress(request))}`
  return { policy: 'network', name, limit: ctx.config.rate_limit }
}

function entry({ name, limit }: Bucket): [string, number] {
  return [name, limit]
}

/**
 * The three fields everybody knows and the two of draft-ietf-httpapi-ratelimit-headers-10. `Reset` is when the
 * bucket is full again; `t` is when there is one more than `r`, which is also when a refused caller may try again.
 */
function describe(ctx: Ctx, response: Response | undefined, bucket: Bucket, reading: RateReading): void {
  if (!response) return
  const { remaining, full_ms, next_ms } = reading
  response.setHeader('X-RateLimit-Limit', bucket.limit)
  response.setHeader('X-RateLimit-Remaining', remaining)
  response.setHeader('X-RateLimit-Reset', Math.ceil((ctx.now().getTime() + full_ms) / 1000))
  response.setHeader('RateLimit-Policy', policyText(bucket))
  response.setHeader('RateLimit', `"${bucket.policy}";r=${remaining};t=${secondsUntil(next_ms)}`)
}

function policyText({ policy, limit }: Bucket): string {
  return `"${policy}";q=${limit};w=${WINDOW_MS / 1000}`
}

function secondsUntil(ms: number): number {
  // Half a millisecond less: what a sum of fractions adds must not become a second.
  return Math.ceil((ms - 0.5) / 1000)
}
