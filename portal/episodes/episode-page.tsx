import { useParams, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import FileQuestion from 'lucide-solid/icons/file-question-mark'
import VideoOff from 'lucide-solid/icons/video-off'
import { type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { type Episode, problemOf } from '../api.ts'
import { LinkButton } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { size } from '../ui/format.ts'
import { BackLink, Section, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { ArchiveButton, ArchivedBanner } from './archive.tsx'
import { ArtifactList } from './artifact-list.tsx'
import css from './episode-page.module.css'
import { episodeQuery } from './episode-queries.ts'
import { EpisodeSkeleton } from './episode-skeleton.tsx'
import { FactsStrip } from './facts-strip.tsx'
import { InterruptedBanner } from './interrupted-banner.tsx'
import { MetadataTree } from './metadata-tree.tsx'
import { createPlayback, readMoment } from './playback.ts'
import { Player } from './player.tsx'
import { TrashButton, TrashedBanner } from './trash-actions.tsx'

/** `/portal/episodes/:id`: one recorded run. `?t=12840ms` opens it at that moment. */
export function EpisodePage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const session = useSession()
  const episode = useQuery(() => episodeQuery(params.id))
  useTitle(() => (episode.isSuccess ? episode.data.name || episode.data.id : 'Episode'))
  return (
    <Switch fallback={<EpisodeSkeleton />}>
      <Match when={episode.isError && problemOf(episode.error).code === 'not_found'}>
        <EmptyState
          page
          icon={<FileQuestion size={24} aria-hidden="true" />}
          title="There is no such episode"
        >
          <p>It may belong to an organization you are not a member of, or the address is not complete.</p>
          <LinkButton href={session.href('/portal/episodes')}>All episodes</LinkButton>
        </EmptyState>
      </Match>
      <Match when={episode.isError && !episode.isSuccess}>
        <PageProblem error={episode.error} retry={() => episode.refetch()} />
      </Match>
      <Match when={episode.isSuccess && episode.data}>{(found) => <EpisodeParts episode={found()} />}</Match>
    </Switch>
  )
}

function EpisodeParts(props: { episode: Episode }): JSX.Element {
  const [search] = useSearchParams<{ t?: string }>()
  const hasVideo = () => props.episode.artifacts.some((one) => one.kind === 'video')
  const playback = createPlayback(
    () => props.episode.fps,
    () => readMoment(typeof search.t === 'string' ? search.t : undefined),
  )
  return (
    <article>
      <Head episode={props.episode} />
      <Show
        when={props.episode.goes_at}
        fallback={
          <Show when={props.episode.archived_at}>
            <ArchivedBanner episode={props.episode} />
          </Show>
        }
      >
        {(goes_at) => <TrashedBanner episode={props.episode} goes_at={goes_at()} />}
      </Show>
      <Show when={props.episode.status === 'interrupted'}>
        <InterruptedBanner episode={props.episode} />
      </Show>
      <FactsStrip episode={props.episode} jump={hasVideo() ? playback.seek : undefined} />
      <div class={css.columns}>
        <div class={css.mainColumn}>
          <Show when={hasVideo()} fallback={<NoVideo episode={props.episode} />}>
            <Player episode={props.episode} playback={playback} />
          </Show>
          <Section
            title="Metadata"
            actions={
              <CopyButton
                text={JSON.stringify(props.episode.metadata, null, 2)}
                what="metadata as JSON"
                label="Copy JSON"
              />
            }
          >
            <MetadataTree metadata={props.episode.metadata} />
          </Section>
        </div>
        <div class={css.sideColumn}>
          <Section
            title="Artifacts"
            note={props.episode.bytes_total > 0 ? `${size(props.episode.bytes_total)} stored` : undefined}
          >
            <ArtifactList episode={props.episode} />
          </Section>
          <Section title="Details">
            <Details episode={props.episode} />
          </Section>
        </div>
      </div>
    </article>
  )
}

function Head(props: { episode: Episode }): JSX.Element {
  const session = useSession()
  return (
    <header class={css.head}>
      <div class={css.titles}>
        <BackLink href={session.href('/portal/episodes')}>Episodes</BackLink>
        <div class={css.title}>
          <h1>
            <bdi>{props.episode.name || 'Untitled episode'}</bdi>
          </h1>
          <span class={css.id}>
            <code>{props.episode.id}</code>
            <CopyButton text={props.episode.id} what="episode id" />
          </span>
        </div>
      </div>
      <div class={css.actions}>
        <CopyButton
          text={`${location.origin}/portal/episodes/${props.episode.id}`}
          what="link"
          label="Copy link"
          variant="secondary"
          size="md"
        />
        <Show when={props.episode.can_archive && !props.episode.archived_at}>
          <ArchiveButton episode={props.episode} />
        </Show>
        <Show when={props.episode.can_delete && !props.episode.trashed_at}>
          <TrashButton episode={props.episode} />
        </Show>
      </div>
    </header>
  )
}

function NoVideo(props: { episode: Episode }): JSX.Element {
  const recording = () => props.episode.status === 'recording'
  const expected = () => props.episode.requested_uploads.includes('video')
  const words = () => {
    if (recording() && expected())
      return 'Being recorded. The video appears here by itself once it is uploaded.'
    if (recording()) return 'Being recorded. This page follows along.'
    if (props.episode.status === 'interrupted' && expected())
      return 'The video was not uploaded before its robot fell silent.'
    if (expected()) return 'A video was announced but never uploaded.'
    return 'This episode was logged without a video.'
  }
  return (
    <div class={css.noVideo} role="status">
      <Show when={recording()} fallback={<VideoOff size={18} aria-hidden="true" />}>
        <span class={css.live} aria-hidden="true" />
      </Show>
      <p>{words()}</p>
    </div>
  )
}

function Details(props: { episode: Episode }): JSX.Element {
  return (
    <dl class={css.details}>
      <dt>Started</dt>
      <dd>
        <Time at={props.episode.created_at} />
      </dd>
      <Show when={props.episode.finalized_at}>
        {(at) => (
          <>
            <dt>Finalized</dt>
            <dd>
              <Time at={at()} />
            </dd>
          </>
        )}
      </Show>
      <Show when={props.episode.fps}>
        {(fps) => (
          <>
            <dt>Frame rate</dt>
            <dd class="mono">{fps()} fps</dd>
          </>
        )}
      </Show>
      <dt>Organization</dt>
      <dd>
        <bdi>{props.episode.organization?.name}</bdi>
      </dd>
    </dl>
  )
}
