import { createUniqueId, For, type JSX, Show, splitProps } from 'solid-js'
import css from './field.module.css'

interface Told {
  label: string
  hint?: JSX.Element
  /** The sentence that says what is wrong and how to mend it. */
  error?: string
}

export interface FieldProps extends JSX.InputHTMLAttributes<HTMLInputElement>, Told {
  mono?: boolean
  onText: (text: string) => void
}

/** A labelled text input whose hint and error are read out with it. */
export function Field(props: FieldProps): JSX.Element {
  const [own, rest] = splitProps(props, ['label', 'hint', 'error', 'mono', 'onText', 'class'])
  return (
    <Labelled {...own}>
      {(said) => (
        <input
          {...rest}
          {...said()}
          class={`${css.input} ${own.mono ? 'mono' : ''}`}
          onInput={(event) => own.onText(event.currentTarget.value)}
        />
      )}
    </Labelled>
  )
}

export interface LinesFieldProps extends Told {
  lines: string
  rows?: number
  placeholder?: string
  onText: (text: string) => void
}

/** Several short texts of the same sort, one a line. */
export function LinesField(props: LinesFieldProps): JSX.Element {
  return (
    <Labelled label={props.label} hint={props.hint} error={props.error}>
      {(said) => (
        <textarea
          {...said()}
          class={`${css.input} ${css.lines} mono`}
          rows={props.rows ?? 3}
          placeholder={props.placeholder}
          autocomplete="off"
          spellcheck={false}
          value={props.lines}
          onInput={(event) => props.onText(event.currentTarget.value)}
        />
      )}
    </Labelled>
  )
}

export interface ChoiceFieldProps extends Told {
  choices: { value: string; words: string }[]
  value: string
  onChoice: (value: string) => void
}

/** One of a few, in a list that folds. */
export function ChoiceField(props: ChoiceFieldProps): JSX.Element {
  return (
    <Labelled label={props.label} hint={props.hint} error={props.error}>
      {(said) => (
        <select
          {...said()}
          class={`${css.input} ${css.choice}`}
          onChange={(event) => props.onChoice(event.currentTarget.value)}
        >
          <For each={props.choices}>
            {(one) => (
              <option value={one.value} selected={one.value === props.value}>
                {one.words}
              </option>
            )}
          </For>
        </select>
      )}
    </Labelled>
  )
}

export interface SwitchFieldProps extends Told {
  on: boolean
  onSwitch: (on: boolean) => void
}

/** On or off. */
export function SwitchField(props: SwitchFieldProps): JSX.Element {
  return (
    <Labelled label={props.label} hint={props.hint} error={props.error} class={css.switched}>
      {(said) => (
        <input
          {...said()}
          type="checkbox"
          role="switch"
          class={css.switch}
          checked={props.on}
          aria-checked={props.on}
          onChange={(event) => props.onSwitch(event.currentTarget.checked)}
        />
      )}
    </Labelled>
  )
}

/** A label, a control, and what is said about it, tied together for those who do not see them beside each other. */
function Labelled(
  props: Told & {
    class?: string
    children: (
      said: () => { id: string; 'aria-invalid': 'true' | undefined; 'aria-describedby': string | undefined },
    ) => JSX.Element
  },
): JSX.Element {
  const id = createUniqueId()
  const described = () => [props.hint && `${id}-hint`, props.error && `${id}-error`].filter(Boolean).join(' ')
  const said = () => ({
    id,
    'aria-invalid': props.error ? ('true' as const) : undefined,
    'aria-describedby': described() || undefined,
  })
  return (
    <div class={`${css.field} ${props.class ?? ''}`}>
      <label for={id}>{props.label}</label>
      {props.children(said)}
      <Show when={props.error}>
        <p id={`${id}-error`} class={css.error}>
          {props.error}
        </p>
      </Show>
      <Show when={props.hint}>
        <p id={`${id}-hint`} class={css.hint}>
          {props.hint}
        </p>
      </Show>
    </div>
  )
}
