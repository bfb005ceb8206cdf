import { createEffect, type JSX } from 'solid-js'
import type { Selection } from './selection.ts'

/** In the head of a table: selects the rows that are loaded, or lets go of all. */
export function SelectAll<Row>(props: { selection: Selection<Row>; rows: readonly Row[] }): JSX.Element {
  const chosen = () => props.selection.all().length
  return (
    <label>
      <input
        type="checkbox"
        aria-label={chosen() > 0 ? 'Select none' : 'Select all that are loaded'}
        checked={chosen() > 0}
        ref={(box) =>
          createEffect(() => {
            box.indeterminate = chosen() > 0 && chosen() < props.rows.length
          })
        }
        onChange={() => {
          if (chosen() > 0) props.selection.clear()
          else props.selection.addAll(props.rows)
        }}
      />
    </label>
  )
}
