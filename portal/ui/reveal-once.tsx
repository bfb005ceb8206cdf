import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import { createSignal, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import css from './reveal-once.module.css'
import { Secret } from './secret.tsx'

export interface RevealOnceProps {
  title: string
  /** Whose it is, and what the server keeps of it. */
  description: JSX.Element
  secret: string
  /** What it is called: `API key`. */
  what: string
  close: () => void
  /** Where to put it. */
  children?: JSX.Element
}

/**
 * Shows a secret, once. Escape and clicks outside ask first; leaving the page asks as well, as long as it has not
 * been copied.
 */
export function RevealOnce(props: RevealOnceProps): JSX.Element {
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
      title={props.title}
      description={props.description}
      footer={
        <Show
          when={asking()}
          fallback={
            <Button variant="primary" onClick={() => (copied() ? props.close() : setAsking(true))}>
              I have stored it
            </Button>
          }
        >
          <Ask what={props.what} copied={copied()} stay={() => setAsking(false)} close={props.close} />
        </Show>
      }
    >
      <div class={css.body}>
        <Secret text={props.secret} what={props.what} onCopied={() => setCopied(true)} />
        {props.children}
      </div>
    </Dialog>
  )
}

function Ask(props: { what: string; copied: boolean; stay: () => void; close: () => void }): JSX.Element {
  let stay: HTMLButtonElement | undefined
  onMount(() => stay?.focus())
  // The last word is what is meant: an API key is a key.
  const short = () => props.what.split(' ').at(-1)
  return (
    <div class={css.ask} role="alert">
      <TriangleAlert size={16} aria-hidden="true" />
      <p>
        {props.copied ? 'Close for good?' : 'You have not copied it here.'} Once closed, nobody can show this{' '}
        {short()} again.
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
