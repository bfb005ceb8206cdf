import type { JSX } from 'solid-js'
import { CopyButton } from './copy-button.tsx'
import css from './secret.module.css'

/** A secret in the open, with the button to take it along. One click selects it whole. */
export function Secret(props: { text: string; what: string; onCopied?: () => void }): JSX.Element {
  return (
    <div class={css.secret}>
      <code class={css.text}>{props.text}</code>
      <CopyButton
        text={props.text}
        what={props.what}
        label="Copy"
        variant="primary"
        size="md"
        onCopied={props.onCopied}
      />
    </div>
  )
}
