import { For, type JSX } from 'solid-js'
import css from './table.module.css'

/** Rows of a table that is still being loaded: same height as the real ones, so nothing jumps. */
export function SkeletonRows(props: { columns: number; rows?: number }): JSX.Element {
  return (
    <For each={Array.from({ length: props.rows ?? 4 })}>
      {() => (
        <tr>
          <For each={Array.from({ length: props.columns })}>
            {() => (
              <td>
                <span class={css.bone} />
              </td>
            )}
          </For>
        </tr>
      )}
    </For>
  )
}
