import ShieldAlert from 'lucide-solid/icons/shield-alert'
import { For, type JSX, Show } from 'solid-js'
import type { LoginView } from '../api.ts'
import { exact, lifetime } from '../ui/format.ts'
import { useNow } from '../ui/time.tsx'
import css from './device-login.module.css'
import { isStrong, scopeSentence, scopeWords, strongWords } from './scope-words.ts'

/** The four facts about who asks. What a terminal says about itself is shown as text, whatever it says. */
export function TerminalFacts(props: { login: LoginView }): JSX.Element {
  return (
    <dl class={css.facts} aria-label="Terminal">
      <dt>Machine</dt>
      <dd>
        <Show when={props.login.hostname} fallback={<span class={css.dim}>It gave no name</span>}>
          {(hostname) => <bdi class="mono">{hostname()}</bdi>}
        </Show>
      </dd>
      <dt>Address</dt>
      <dd>
        <bdi class="mono">{props.login.ip}</bdi>
      </dd>
      <dt>Program</dt>
      <dd>
        <bdi class="mono">{props.login.user_agent || 'Unknown'}</bdi>
        <p class={css.dim}>
          as <span class="mono">{props.login.client_id}</span>
        </p>
      </dd>
      <dt>Started</dt>
      <dd>
        <Age at={props.login.started_at} />
      </dd>
    </dl>
  )
}

/** What the terminal would get. */
export function KeyFacts(props: {
  login: LoginView
  chosen: LoginView['organizations'][number] | undefined
  choose: (organization_id: string) => void
}): JSX.Element {
  const organizations = () => props.login.organizations
  return (
    <dl class={css.facts} aria-label="Its API key">
      <dt id="organization">Organization</dt>
      <dd>
        <Show
          when={organizations().length > 1}
          fallback={<bdi>{organizations()[0]?.name ?? <NoRight />}</bdi>}
        >
          <select
            class={css.select}
            aria-labelledby="organization"
            value={props.chosen?.id}
            onChange={(event) => props.choose(event.currentTarget.value)}
          >
            <For each={organizations()}>{(one) => <option value={one.id}>{one.name}</option>}</For>
          </select>
        </Show>
      </dd>
      <dt>Rights</dt>
      <dd>
        <Rights asked={props.login.scopes} granted={props.chosen?.scopes ?? props.login.scopes} />
      </dd>
      <dt>Valid</dt>
      <dd>{lifetime(props.chosen?.key_days ?? null)}</dd>
    </dl>
  )
}

/** The usual rights as one line, each strong one as a line of its own, and what the approver cannot give. */
function Rights(props: { asked: string[]; granted: string[] }): JSX.Element {
  const usual = () => props.granted.filter((scope) => !isStrong(scope))
  const withheld = () => props.asked.filter((scope) => !props.granted.includes(scope))
  return (
    <>
      <Show when={usual().length > 0}>{listed(scopeWords(usual()))}</Show>
      <For each={props.granted.filter(isStrong)}>
        {(scope) => (
          <p class={css.strong}>
            <ShieldAlert size={16} aria-hidden="true" />
            <span>
              <strong>{scopeWords([scope])[0]}</strong> — {strongWords(scope)}
            </span>
          </p>
        )}
      </For>
      <Show when={withheld().length > 0}>
        <p class={css.withheld}>
          It also asks to {inSentence(scopeSentence(withheld()))}. Your role does not allow that, so it will
          not get it.
        </p>
      </Show>
    </>
  )
}

/** `Manage API keys` within a sentence. */
function inSentence(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1)
}

function NoRight(): JSX.Element {
  return (
    <span class={css.noRight}>
      None of your organizations lets you sign a terminal in. Ask an administrator of yours, then start again.
    </span>
  )
}

/** How long ago, to the second: in the first minute that is what tells one's own login from another. */
function Age(props: { at: string }): JSX.Element {
  const now = useNow()
  const words = (): string => {
    const seconds = Math.max(0, Math.floor((now() - Date.parse(props.at)) / 1000))
    if (seconds < 3) return 'just now'
    return seconds < 60 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ${seconds % 60} s ago`
  }
  return (
    <time datetime={props.at} title={exact(props.at)}>
      {words()}
    </time>
  )
}

/** `Log and read episodes, see the fleet` */
function listed(lines: string[]): string {
  return lines
    .map((line, index) => (index === 0 ? line : line.charAt(0).toLowerCase() + line.slice(1)))
    .join(', ')
}
