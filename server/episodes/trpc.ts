import { z } from 'zod'
import type { EpisodeDetail, EpisodeSummary, Json, Metadata } from '../../sdk/wire.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { findOrganization } from '../organizations/organizations.ts'
import { hasRole, requireRole } from '../organizations/permissions.ts'
import { router, signedIn, verified } from '../procedures.ts'
import { archiveEpisode, restoreEpisode } from './archive.ts'
import { getEpisode } from './episodes.ts'
import { showEpisodes } from './list.ts'
import { episodeId, episodeIds, listEpisodesInput, trashInput } from './schema.ts'
import { deleteTrashed, emptyTrash, findDeletable, moveToTrash, takeFromTrash } from './trash.ts'
import { goesAt, showTrash } from './trash-list.ts'

export const episodesRouter = router({
  list: signedIn.input(listEpisodesInput).query(async ({ ctx, input }) => {
    requireRole(ctx.person, input.organization_id, 'viewer')
    const { items, ...page } = await showEpisodes(ctx.app, { organization_id: input.organization_id }, input)
    return { ...page, items: items.map(withoutSeed) }
  }),
  get: signedIn
    .input(episodeId)
    .query(async ({ ctx, input }) =>
      forPortal(ctx.app, ctx.person, await getEpisode(ctx.app, ctx.person, input.id)),
    ),
  archive: signedIn
    .input(episodeId)
    .mutation(async ({ ctx, input }) =>
      forPortal(ctx.app, ctx.person, await archiveEpisode(ctx.app, ctx.person, input.id)),
    ),
  restore: signedIn
    .input(episodeId)
    .mutation(async ({ ctx, input }) =>
      forPortal(ctx.app, ctx.person, await restoreEpisode(ctx.app, ctx.person, input.id)),
    ),
  trash: signedIn.input(episodeIds).mutation(async ({ ctx, input }) => {
    const rows = await findDeletable(ctx.app, ctx.person, input.ids)
    await moveToTrash(ctx.app, ctx.person, rows)
    return { ids: rows.map(({ id }) => id) }
  }),
  untrash: signedIn.input(episodeIds).mutation(async ({ ctx, input }) => {
    const rows = await findDeletable(ctx.app, ctx.person, input.ids)
    await takeFromTrash(ctx.app, ctx.person, rows)
    return { ids: rows.map(({ id }) => id) }
  }),
  trashed: signedIn.input(trashInput).query(async ({ ctx, input }) => {
    const { organization_id, ...asked } = input
    requireRole(ctx.person, organization_id, 'viewer')
    const { items, ...page } = await showTrash(ctx.app, organization_id, asked)
    return { ...page, items: items.map(withoutSeed) }
  }),
  deleteTrashed: verified.input(episodeIds).mutation(async ({ ctx, input }) => {
    const rows = await findDeletable(ctx.app, ctx.person, input.ids)
    await deleteTrashed(ctx.app, ctx.person, rows)
    return { ids: rows.map(({ id }) => id) }
  }),
  emptyTrash: verified
    .input(z.object({ organization_id: z.string().max(64) }))
    .mutation(({ ctx, input }) => emptyTrash(ctx.app, ctx.person, input.organization_id)),
})

/** What the episode's page shows beside the episode itself. */
async function forPortal(ctx: AppContext, person: PersonCaller, episode: EpisodeDetail) {
  const organization = await findOrganization(ctx, episode.client_id)
  const can_archive = hasRole(person, episode.client_id, 'member')
  const can_delete = hasRole(person, episode.client_id, 'admin')
  const goes_at = episode.trashed_at && goesAt(ctx, episode.trashed_at)
  const metadata = plainMetadata(episode.metadata)
  return { ...withoutSeed(episode), metadata, organization, can_archive, can_delete, goes_at }
}

/** The portal reads with the browser's JSON parser, which rounds: it shows `seed_text`. */
function withoutSeed<Episode extends EpisodeSummary>({
  seed: _,
  ...episode
}: Episode): Omit<Episode, 'seed'> {
  return episode
}

/** For the same reason integers beyond 2^53 in the metadata travel to the portal as texts of digits. */
function plainMetadata(metadata: Metadata): Metadata {
  return Object.fromEntries(Object.entries(metadata).map(([member, value]) => [member, plain(value)]))
}

function plain(value: Json | bigint): Json {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' && value !== null ? plainMetadata(value) : value
}
