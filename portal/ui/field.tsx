import { createUniqueId, type JSX, Show, splitProps } from 'solid-js'
import css from './field.module.css'

export interface FieldProps extends JSX.InputHTMLAttributes<HTMLInputElement> {
  label: string
  hint?: JSX.Element
  /** The sentence that says what is wrong and how to mend it. */
  error?: string
  mono?: boolean
  onText: (text: string) => void
}

/** A labelled text input whose hint and error are read out with it. */
export function Field(props: FieldProps): JSX.Element {
  const [own, rest] = splitProps(props, ['label', 'hint', 'error', 'mono', 'onText', 'class'])
  const id = createUniqueId()
  const described = () => [own.hint && `${id}-hint`, own.error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div class={css.field}>
      <label for={id}>{own.label}</label>
      <input
        {...rest}
        id={id}
        class={`${css.input} ${own.mono ? 'mono' : ''}`}
        aria-invalid={own.error ? 'true' : undefined}
        aria-describedby={described() || undefined}
        onInput={(event) => own.onText(event.currentTarget.value)}
      />
      <Show when={own.error}>
        <p id={`${id}-error`} class={css.error}>
          {own.error}
        </p>
      </Show>
      <Show when={own.hint}>
        <p id={`${id}-hint`} class={css.hint}>
          {own.hint}
        </p>
      </Show>
    </div>
  )
}
