import Check from 'lucide-solid/icons/check'
import Copy from 'lucide-solid/icons/copy'
import { createSignal, type JSX, onCleanup, Show } from 'solid-js'
import { Button, type ButtonProps } from './button.tsx'
import { toast } from './toast.tsx'

/**
 * Puts `text` on the clipboard and says so for two seconds, to the eye and to the ear.
 *
 * @example <CopyButton text={episode.git_sha} what="git_sha" />
 */
export function CopyButton(
  props: { text: string; what: string; label?: string; onCopied?: () => void } & Pick<
    ButtonProps,
    'variant' | 'size' | 'class'
  >,
): JSX.Element {
  const [copied, setCopied] = createSignal(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  const copy = async (): Promise<void> => {
    if (!(await writeClipboard(props.text))) {
      toast({
        tone: 'failed',
        title: 'The browser did not allow copying',
        detail: 'Select the text and copy it by hand.',
      })
      return
    }
    setCopied(true)
    props.onCopied?.()
    clearTimeout(timer)
    timer = setTimeout(() => setCopied(false), 2000)
  }
  return (
    <Button
      variant={props.variant ?? 'ghost'}
      size={props.size ?? 'sm'}
      icon={!props.label}
      class={props.class}
      aria-label={`Copy ${props.what}`}
      title={`Copy ${props.what}`}
      onClick={copy}
    >
      <Show when={copied()} fallback={<Copy size={14} aria-hidden="true" />}>
        <Check size={14} aria-hidden="true" />
      </Show>
      <Show when={props.label}>{copied() ? 'Copied' : props.label}</Show>
      <span class="visually-hidden" role="status">
        {copied() ? `${props.what} copied` : ''}
      </span>
    </Button>
  )
}

/** Copies also on plain http outside of localhost, where browsers hide the clipboard API. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.className = 'visually-hidden'
  // Inside an open dialog the focus trap would take the focus back from anything outside of it.
  const home = document.querySelector('[role=dialog]') ?? document.body
  home.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus()
  return done
}
