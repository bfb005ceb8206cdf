import { type JSX, Show } from 'solid-js'
import type { Episode } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { duration, shorten } from '../ui/format.ts'
import { Elapsed } from './elapsed.tsx'
import css from './facts-strip.module.css'
import { StatusBadge } from './status-badge.tsx'

/** What happened and what it takes to do it again, in one strip. */
export function FactsStrip(props: { episode: Episode; jump?: (seconds: number) => void }): JSX.Element {
  return (
    <div class={css.strip}>
      <dl class={css.group} aria-label="Outcome">
        <Fact label="Outcome">
          <span class={css.outcome}>
            <Show
              when={props.episode.failure_time_s !== null && { at: props.episode.failure_time_s }}
              fallback={<StatusBadge status={props.episode.status} />}
            >
              {(failure) => <FailedAt seconds={failure().at} jump={props.jump} />}
            </Show>
          </span>
        </Fact>
        <Fact label="Duration">
          <span class="mono">
            <Elapsed episode={props.episode} />
          </span>
        </Fact>
        <Fact label="Robot" text={props.episode.robot} />
        <Fact label="Source" text={props.episode.source} />
      </dl>
      <dl class={css.group} data-strong aria-label="Reproducibility">
        <Fact label="Policy version" text={props.episode.policy_version} copy="policy_version" />
        <Fact label="Environment" text={props.episode.env_version} copy="env_version" />
        <Fact
          label="Commit"
          text={props.episode.git_sha}
          shown={shortSha(props.episode.git_sha)}
          copy="git_sha"
        />
        <Fact label="Seed" text={props.episode.seed_text} copy="seed" />
      </dl>
    </div>
  )
}

function FailedAt(props: { seconds: number; jump?: (seconds: number) => void }): JSX.Element {
  const badge = () => <Badge tone="failed">Failed at {duration(props.seconds)}</Badge>
  return (
    <Show when={props.jump} fallback={badge()}>
      {(jump) => (
        <button
          type="button"
          class={css.failedAt}
          title="Show this moment (f)"
          onClick={() => jump()(props.seconds)}
        >
          {badge()}
        </button>
      )}
    </Show>
  )
}

function Fact(props: {
  label: string
  text?: string | null
  /** Shown instead of the whole text, which stays in the title and in what is copied. */
  shown?: string
  copy?: string
  children?: JSX.Element
}): JSX.Element {
  return (
    <div class={css.fact}>
      <dt>{props.label}</dt>
      <dd>
        {props.children}
        <Show when={!props.children}>
          <Show when={props.text} fallback={<span class={css.none}>Not recorded</span>}>
            {(text) => (
              <>
                <bdi class={props.copy ? `${css.value} mono` : css.value} title={text()}>
                  {props.shown ?? text()}
                </bdi>
                <Show when={props.copy}>
                  {(what) => <CopyButton class={css.copy} text={text()} what={what()} />}
                </Show>
              </>
            )}
          </Show>
        </Show>
      </dd>
    </div>
  )
}

function shortSha(sha: string | null): string | undefined {
  return sha && /^[0-9a-f]{40,64}$/i.test(sha) ? shorten(sha, 8, 4) : undefined
}
