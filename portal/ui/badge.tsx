import Ban from 'lucide-solid/icons/ban'
import Check from 'lucide-solid/icons/check'
import Info from 'lucide-solid/icons/info'
import X from 'lucide-solid/icons/x'
import { type JSX, Match, Switch } from 'solid-js'
import css from './badge.module.css'

export type Tone = 'ready' | 'recording' | 'failed' | 'attention' | 'neutral'

/** A meaning as an icon and a word, so that it never hangs on colour alone. */
export function Badge(props: { tone: Tone; children: JSX.Element; plain?: boolean }): JSX.Element {
  return (
    <span class={css.badge} data-tone={props.tone} data-plain={props.plain || undefined}>
      <Switch fallback={<Info size={13} aria-hidden="true" />}>
        <Match when={props.tone === 'ready'}>
          <Check size={13} stroke-width={2.5} aria-hidden="true" />
        </Match>
        <Match when={props.tone === 'recording'}>
          <span class={css.pulse} aria-hidden="true" />
        </Match>
        <Match when={props.tone === 'failed'}>
          <X size={13} stroke-width={2.5} aria-hidden="true" />
        </Match>
        <Match when={props.tone === 'neutral'}>
          <Ban size={12} aria-hidden="true" />
        </Match>
      </Switch>
      {props.children}
    </span>
  )
}
