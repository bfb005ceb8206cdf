import { createHash, randomBytes } from 'node:crypto'
import type { ArtifactKind, StartedEpisode } from '../../sdk/wire.ts'
import { BYTES, VIDEO } from '../episode-requests.ts'
import { bearer } from '../seed.ts'
import { acknowledged, type Change, type Known, unsaid } from './ledger.ts'
import type { Random } from './random.ts'

/** Where clients send to, and what they write down. */
export interface World {
  url: string
  api_key: string
  /** Path of the sessions of the project, for what ingest cannot do. */
  sessions: string
  /** Everything that was ever begun. */
  episodes: Known[]
  random: Random
  /** Hears of each request as it is sent. */
  heard?: ((does: Change['does']) => void) | undefined
}

/** An answer that neither refuses for a good reason nor is one: the test ends with it. */
export class UnexpectedAnswer extends Error {}

/** The server went away in the middle. */
class Gone extends Error {}

/**
 * Robots that log: each starts episodes, uploads, finalizes and now and then deletes one, or goes on with one that an
 * earlier crash has left open, until the server goes away.
 *
 * @throws UnexpectedAnswer
 * @example const done = logUntilGone(world, 4, 'round 1'); kill(); await done
 */
export async function logUntilGone(world: World, clients: number, round: string): Promise<void> {
  // Not one whose last request nobody has looked after yet: finalized by it, it would answer with that outcome, not ours.
  const isOpen = ({ state, links, unanswered }: Known): boolean =>
    state === 'recording' && links.size > 0 && unanswered === undefined
  const open = world.episodes.filter(isOpen)
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      try {
        for (let n = 0; ; n++) {
          const left = world.random.chance(0.5) ? open.pop() : undefined
          await logOne(world, left ?? (await begin(world, `${round}, client ${client}, episode ${n}`)))
        }
      } catch (error) {
        if (!(error instanceof Gone)) throw error
      }
    }),
  )
}

async function begin(world: World, name: string): Promise<Known> {
  const episode = unsaid(name)
  world.episodes.push(episode)
  const request_uploads = world.random.pick([
    ['video'],
    ['video', 'sensors'],
    ['video', 'sensors', 'actions'],
  ])
  const answer = await send(world, episode, { does: 'start' }, '/api/ingest/episode', {
    ...json(world, { name, request_uploads, metadata: { name } }),
  })
  // What it then says is compared with what is read later.
  const { episode_id, upload_urls } = (await answer.json().catch(gone)) as StartedEpisode
  episode.id = episode_id
  for (const { kind, url } of upload_urls)
    episode.links.set(kind, new URL(url).pathname + new URL(url).search)
  return episode
}

async function logOne(world: World, episode: Known): Promise<void> {
  const { random } = world
  for (const kind of episode.links.keys()) {
    // A recording is sent again now and then: the newer one counts.
    const times = episode.artifacts.has(kind) ? 0 : random.pick([1, 1, 1, 2])
    for (let n = 0; n < times; n++) await upload(world, episode, kind)
  }
  const status = random.pick<'ready' | 'failed'>(['ready', 'ready', 'failed'])
  const path = `/api/ingest/episode/${episode.id}/finalize`
  await send(world, episode, { does: 'finalize', status }, path, json(world, { status, duration_s: 1.5 }))
  if (!random.chance(0.4)) return
  const headers = bearer(world.api_key)
  const one = `${world.sessions}/${episode.id}`
  await send(world, episode, { does: 'delete' }, one, { method: 'DELETE', headers })
}

async function upload(world: World, episode: Known, kind: ArtifactKind): Promise<void> {
  const body = randomBytes(1 + world.random.below(world.random.pick([500, 50_000, 1_500_000])))
  const bytes = { size_bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') }
  const headers = kind === 'video' ? VIDEO : BYTES
  const link = episode.links.get(kind) ?? ''
  await send(world, episode, { does: 'upload', kind, bytes }, link, { method: 'PUT', headers, body })
}

/** Written down before it is sent; settled by the status of the answer, which is all that a client waits for. */
async function send(
  world: World,
  episode: Known,
  change: Change,
  path: string,
  init: RequestInit,
): Promise<Response> {
  episode.unanswered = change
  const sent = fetch(new URL(path, world.url), init).catch(gone)
  world.heard?.(change.does)
  const answer = await sent
  if (!answer.ok) {
    const said = await answer.text().catch(gone)
    throw new UnexpectedAnswer(`${change.does} of ${episode.name} was answered ${answer.status}: ${said}`)
  }
  acknowledged(episode, change)
  if (change.does !== 'start') await answer.arrayBuffer().catch(gone)
  return answer
}

function json({ api_key }: World, body: unknown): RequestInit {
  const headers = { ...bearer(api_key), 'Content-Type': 'application/json' }
  return { method: 'POST', headers, body: JSON.stringify(body) }
}

function gone(cause: unknown): never {
  throw new Gone('The server went away.', { cause })
}
