import X from 'lucide-solid/icons/x'
import { type JSX, Show } from 'solid-js'
import css from './filter-chip.module.css'

/** A filter that is set: what it is about, the value, and a way to take it off again. */
export function FilterChip(props: {
  label: string
  /** Left out where the label says it all. */
  value?: string | undefined
  remove: () => void
}): JSX.Element {
  return (
    <span class={css.chip}>
      <span class={css.label}>{props.label}</span>
      <Show when={props.value}>{(value) => <bdi class={css.value}>{value()}</bdi>}</Show>
      <button type="button" aria-label={`Remove filter ${props.label}`} onClick={() => props.remove()}>
        <X size={13} aria-hidden="true" />
      </button>
    </span>
  )
}
