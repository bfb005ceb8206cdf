import { A } from '@solidjs/router'
import { For, type JSX } from 'solid-js'
import { PageHead, useTitle } from '../ui/page.tsx'
import { useSession } from './session.tsx'
import css from './settings-frame.module.css'

/** The pages of *Settings*, in the order they are shown. A page of another slice adds its line here. */
const PAGES: { path: string; label: string }[] = [
  { path: '/portal/settings', label: 'Account' },
  { path: '/portal/settings/api-keys', label: 'API keys' },
]

/**
 * The frame of every page of *Settings*: its name, and the way to the others.
 *
 * @example <SettingsFrame title="API keys">…</SettingsFrame>
 */
export function SettingsFrame(props: { title: string; children: JSX.Element }): JSX.Element {
  const session = useSession()
  useTitle(() => (props.title === 'Account' ? 'Settings' : `${props.title} · Settings`))
  return (
    <>
      <PageHead title="Settings" />
      <nav class={css.pages} aria-label="Settings">
        <For each={PAGES}>
          {(one) => (
            <A href={session.href(one.path)} end class={css.page} activeClass={css.active} inactiveClass="">
              {one.label}
            </A>
          )}
        </For>
      </nav>
      {props.children}
    </>
  )
}
