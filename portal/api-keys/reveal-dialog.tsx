import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import { createSignal, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { Button } from '../ui/button.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Secret } from '../ui/secret.tsx'
import css from './reveal-dialog.module.css'

/**
 * Shows a new key, once. Escape and clicks outside ask first; leaving the page asks as well, as long as
 * the key has not been copied.
 */
export function RevealDialog(props: { api_key: string; label: string; close: () => void }): JSX.Element {
  const session = useSession()
  const [copied, setCopied] = createSignal(false)
  const [asking, setAsking] = createSignal(false)
  const warn = (event: BeforeUnloadEvent): void => {
    if (!copied()) event.preventDefault()
  }
  onMount(() => window.addEventListener('beforeunload', warn))
  onCleanup(() => window.removeEventListener('beforeunload', warn))
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      guard={() => setAsking(true)}
      title="Copy your new API key"
      description={
        <>
          This is the whole key of <strong>{props.label}</strong>. It will not be shown again: the server
          keeps only its hash.
        </>
      }
      footer={
        <Show
          when={asking()}
          fallback={
            <Button variant="primary" onClick={() => (copied() ? props.close() : setAsking(true))}>
              I have stored it
            </Button>
          }
        >
          <Ask copied={copied()} stay={() => setAsking(false)} close={props.close} />
        </Show>
      }
    >
      <div class={css.body}>
        <Secret text={props.api_key} what="API key" onCopied={() => setCopied(true)} />
        <CodeTabs label="Where to put it" snippets={places(props.api_key, session.me().public_url)} />
      </div>
    </Dialog>
  )
}

function Ask(props: { copied: boolean; stay: () => void; close: () => void }): JSX.Element {
  let stay: HTMLButtonElement | undefined
  onMount(() => stay?.focus())
  return (
    <div class={css.ask} role="alert">
      <TriangleAlert size={16} aria-hidden="true" />
      <p>
        {props.copied ? 'Close for good?' : 'You have not copied it here.'} Once closed, nobody can show this
        key again.
      </p>
      <Button ref={stay} onClick={props.stay}>
        Keep it open
      </Button>
      <Button variant="danger" onClick={props.close}>
        Close for good
      </Button>
    </div>
  )
}

function places(key: string, base_url: string) {
  return [
    {
      name: '.env',
      code: `ROBOTRACE_API_KEY=${key}\nROBOTRACE_BASE_URL=${base_url}`,
      note: 'Keep .env out of version control.',
    },
    {
      name: 'Shell',
      code: `export ROBOTRACE_API_KEY=${key}\nexport ROBOTRACE_BASE_URL=${base_url}`,
    },
    {
      name: 'CI',
      code: `env:\n  ROBOTRACE_API_KEY: \${{ secrets.ROBOTRACE_API_KEY }}\n  ROBOTRACE_BASE_URL: ${base_url}`,
      note: 'Save the key as a secret named ROBOTRACE_API_KEY, then hand it to the job.',
    },
    {
      name: 'Code',
      code: `// Runs inside a checkout of this project. Reads ROBOTRACE_API_KEY and ROBOTRACE_BASE_URL.\nimport { Client } from './sdk/mod.ts'\n\nconst robotrace = new Client()`,
      note: 'Code names the variable, never the key.',
    },
  ]
}
