import Download from 'lucide-solid/icons/download'
import X from 'lucide-solid/icons/x'
import { createSignal, type JSX, onMount, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { Secret } from '../ui/secret.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './api-tokens.module.css'
import { tokenSnippets } from './snippets.ts'

/** The text of one token, asked for when it is shown and kept nowhere else. */
export function TokenPanel(props: { id: string; close: () => void }): JSX.Element {
  const session = useSession()
  const [text, setText] = createSignal<string>()
  const { error, submit } = createSubmission(async () => {
    setText((await api.apiTokens.reveal.mutate({ id: props.id })).token)
  })
  let panel: HTMLDivElement | undefined
  onMount(async () => {
    await submit()
    panel?.scrollIntoView({ block: 'nearest' })
  })
  return (
    <div ref={panel} class={css.panel}>
      <Section
        title="token"
        note="Whoever has this text acts as you. Keep it where you keep passwords."
        actions={
          <>
            <Button disabled={text() === undefined} onClick={() => download(text() ?? '')}>
              <Download size={14} aria-hidden="true" /> download
            </Button>
            <Button variant="ghost" icon aria-label="Close the token" onClick={props.close}>
              <X size={16} aria-hidden="true" />
            </Button>
          </>
        }
      >
        <div class={css.body} aria-busy={text() === undefined && !error()}>
          <FormProblem error={error()} />
          <Show when={error()}>
            <div>
              <Button onClick={submit}>Try again</Button>
            </div>
          </Show>
          <Show when={text()}>
            {(known) => (
              <>
                <Secret text={known()} what="token" />
                <CodeTabs label="How to use it" snippets={tokenSnippets(session.me().public_url, slug())} />
              </>
            )}
          </Show>
        </div>
      </Section>
    </div>
  )

  function slug(): string {
    return session.organization()?.slug ?? 'acme'
  }
}

/** Saves exactly the token, no line break behind it, as jwt.txt. */
function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'jwt.txt'
  link.click()
  URL.revokeObjectURL(url)
}
