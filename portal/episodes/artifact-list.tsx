import Download from 'lucide-solid/icons/download'
import { For, type JSX, Show } from 'solid-js'
import { type Artifact, type ArtifactKind, artifactUrl, type Episode } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { buttonClass } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { shorten, size } from '../ui/format.ts'
import css from './artifact-list.module.css'

const WORDS: Record<ArtifactKind, string> = { video: 'Video', sensors: 'Sensors', actions: 'Actions' }

/** What is stored, with size and hash, and what was announced but never came. */
export function ArtifactList(props: { episode: Episode }): JSX.Element {
  const missing = () =>
    props.episode.requested_uploads.filter(
      (kind) => !props.episode.artifacts.some((one) => one.kind === kind),
    )
  const none = () => props.episode.artifacts.length === 0 && missing().length === 0
  return (
    <ul class={css.list}>
      <For each={props.episode.artifacts}>
        {(artifact) => <Stored episode_id={props.episode.id} artifact={artifact} />}
      </For>
      <For each={missing()}>
        {(kind) => (
          <li class={css.item}>
            <span class={css.kind}>{WORDS[kind]}</span>
            <Show
              when={props.episode.status === 'recording' || props.episode.status === 'interrupted'}
              fallback={<Badge tone="attention">Never uploaded</Badge>}
            >
              <Badge tone="recording">Expected</Badge>
            </Show>
          </li>
        )}
      </For>
      <Show when={none()}>
        <li class={css.item}>
          <span class={css.dim}>Logged without artifacts.</span>
        </li>
      </Show>
    </ul>
  )
}

function Stored(props: { episode_id: string; artifact: Artifact }): JSX.Element {
  const word = () => WORDS[props.artifact.kind]
  return (
    <li class={css.item}>
      <div class={css.what}>
        <p>
          <span class={css.kind}>{word()}</span>{' '}
          <span class={css.size}>{size(props.artifact.size_bytes)}</span>
        </p>
        <p class={css.hash}>
          <span title={`SHA-256 ${props.artifact.sha256}`}>
            sha256 <code>{shorten(props.artifact.sha256, 8, 6)}</code>
          </span>
          <CopyButton text={props.artifact.sha256} what={`SHA-256 of ${word().toLowerCase()}`} />
        </p>
      </div>
      <a
        class={buttonClass({ size: 'sm', icon: true })}
        href={`${artifactUrl(props.episode_id, props.artifact.kind)}?download=1`}
        download=""
        aria-label={`Download ${word().toLowerCase()}`}
        title={`Download (${props.artifact.content_type})`}
      >
        <Download size={14} aria-hidden="true" />
      </a>
    </li>
  )
}
