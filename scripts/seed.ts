import { Client } from '../sdk/mod.ts'
import type { ArtifactKind, EpisodeStatus } from '../sdk/wire.ts'
import { findPersonBySession } from '../server/accounts/sessions.ts'
import { completeSetup, makeSetupLink } from '../server/accounts/setup.ts'
import { mintApiKey } from '../server/api-keys/api-keys.ts'
import type { PersonCaller } from '../server/caller.ts'
import type { AppContext } from '../server/context.ts'
import { sampleEpisodes } from './sample/sample.ts'

/** What a freshly seeded installation is entered with. */
export interface SeededOrganization {
  email: string
  password: string
  api_key: string
  client_id: string
  /** Whoever may do everything here. */
  caller: PersonCaller
}

export interface LoggedEpisode {
  id: string
  url: string
  status: EpisodeStatus
}

const HERE = { ip: '127.0.0.1', user_agent: 'robotrace seed', request_id: '' }

/**
 * The first account, its organization and one key, made the way the set-up page makes them.
 *
 * @example const { email, password, api_key } = await seedOrganization(server.ctx, { email, password })
 */
export async function seedOrganization(
  ctx: AppContext,
  who: { email: string; password: string },
): Promise<SeededOrganization> {
  const token = new URL((await makeSetupLink(ctx)) ?? 'none:').searchParams.get('token') ?? ''
  const names = { name: 'Demo Person', organization_name: 'Demo Lab' }
  const { session } = await completeSetup(ctx, { ...who, ...names, token }, HERE)
  const caller = await findPersonBySession(ctx, session, HERE)
  const [client_id] = caller?.roles.keys() ?? []
  if (!caller || !client_id) throw new Error('The account that was just made cannot be found.')
  const { key } = await mintApiKey(ctx, caller, { organization_id: client_id, label: 'demo script' })
  return { ...who, api_key: key, client_id, caller }
}

/** Logs the sample recordings as any script would: through the SDK, over HTTP. */
export async function logSampleEpisodes(base_url: string, api_key: string): Promise<LoggedEpisode[]> {
  const client = new Client({ base_url, api_key, verbose: false })
  const logged: LoggedEpisode[] = []
  for (const { start, files, finalize } of sampleEpisodes()) {
    const episode = await client.startEpisode(start)
    for (const kind of KINDS) {
      const path = files[kind]
      if (path) await episode.upload(kind, path)
    }
    const { status } = await episode.finalize(finalize)
    logged.push({ id: episode.id, url: `${base_url}/portal/episodes/${episode.id}`, status })
  }
  return logged
}

const KINDS: ArtifactKind[] = ['video', 'sensors', 'actions']
