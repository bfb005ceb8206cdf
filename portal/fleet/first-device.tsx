import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { Button } from '../ui/button.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { enrolSnippets } from './enrol-snippets.ts'
import css from './first-device.module.css'

/** The empty fleet: how a robot comes into it, with this server's own address in the lines. */
export function FirstDevice(props: { enrol: () => void; mayEnrol: boolean }): JSX.Element {
  const session = useSession()
  return (
    <section class={css.first} aria-label="Enrol your first robot">
      <h2>Enrol your first robot</h2>
      <p class={css.lead}>
        A robot swaps a one-time token for an API key of its own, then reports its health and logs episodes as
        itself. It appears here by itself.
      </p>
      <Show
        when={props.mayEnrol}
        fallback={<p class={css.lead}>An admin of the organization makes the token.</p>}
      >
        <div>
          <Button variant="primary" onClick={() => props.enrol()}>
            Make an enrolment token
          </Button>
        </div>
      </Show>
      <CodeTabs label="Where" snippets={enrolSnippets(session.me().public_url, 'rte_…')} />
      <p class={css.waiting} role="status">
        <span class={css.dot} aria-hidden="true" />
        Waiting for the first device…
      </p>
    </section>
  )
}
