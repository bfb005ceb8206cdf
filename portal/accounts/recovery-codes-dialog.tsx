import Download from 'lucide-solid/icons/download'
import { createSignal, For, type JSX, onCleanup, onMount } from 'solid-js'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import css from './recovery-codes-dialog.module.css'

/** Shows fresh recovery codes, once. It does not close by accident, nor before they were taken along. */
export function RecoveryCodesDialog(props: { codes: string[]; close: () => void }): JSX.Element {
  const [taken, setTaken] = createSignal(false)
  const [asking, setAsking] = createSignal(false)
  const warn = (event: BeforeUnloadEvent): void => {
    if (!taken()) event.preventDefault()
  }
  onMount(() => window.addEventListener('beforeunload', warn))
  onCleanup(() => window.removeEventListener('beforeunload', warn))
  const text = () => `${props.codes.join('\n')}\n`
  return (
    <Dialog
      open
      onClose={props.close}
      guard={() => setAsking(true)}
      title="Keep your recovery codes"
      description="Each signs you in once when your device is lost. Print them, or put them into your password manager: they are not shown again."
      footer={
        <>
          <p class={css.ask} role="status">
            {asking() && !taken() ? 'You have not taken them along yet.' : ''}
          </p>
          <Button
            variant={asking() && !taken() ? 'danger' : 'primary'}
            onClick={() => (taken() || asking() ? props.close() : setAsking(true))}
          >
            {asking() && !taken() ? 'Close for good' : 'I have stored them'}
          </Button>
        </>
      }
    >
      <ol class={css.codes}>
        <For each={props.codes}>{(code) => <li>{code}</li>}</For>
      </ol>
      <div class={css.take}>
        <CopyButton
          text={text()}
          what="recovery codes"
          label="Copy"
          variant="secondary"
          size="md"
          onCopied={() => setTaken(true)}
        />
        <Button
          onClick={() => {
            download(text())
            setTaken(true)
          }}
        >
          <Download size={14} aria-hidden="true" /> Download
        </Button>
      </div>
    </Dialog>
  )
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'robotrace-recovery-codes.txt'
  link.click()
  URL.revokeObjectURL(url)
}
