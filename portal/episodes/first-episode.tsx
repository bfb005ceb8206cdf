import { A } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import css from './first-episode.module.css'
import { firstEpisodeSnippets } from './snippets.ts'

/** The empty list: the lines that log the first episode, with this server's own address in them. */
export function FirstEpisode(): JSX.Element {
  const session = useSession()
  return (
    <section class={css.first} aria-label="Log your first episode">
      <h2>Log your first episode</h2>
      <p class={css.lead}>
        Make an <A href={session.href('/portal/api-keys')}>API key</A>, set it as{' '}
        <code>ROBOTRACE_API_KEY</code> and run these lines. The episode appears here as soon as it starts.
      </p>
      <CodeTabs
        label="Language"
        snippets={firstEpisodeSnippets(session.me().public_url, session.home()?.slug)}
      />
      <p class={css.waiting} role="status">
        <span class={css.dot} aria-hidden="true" />
        Waiting for the first episode…
      </p>
    </section>
  )
}
