import { useQuery } from '@tanstack/solid-query'
import { type JSX, Show } from 'solid-js'
import { count } from '../ui/format.ts'
import { apiKeysQuery, type Looker, mayRotate, needsRotation } from './key-facts.ts'
import css from './keys-to-rotate.module.css'

/** How many keys it is time for this person to rotate, beside the way to their page; nothing when there are none. */
export function KeysToRotate(props: { organization_id: string; who: Looker }): JSX.Element {
  const keys = useQuery(() => ({ ...apiKeysQuery(props.organization_id), refetchInterval: 300_000 }))
  const due = () =>
    keys.isSuccess
      ? keys.data.filter((key) => needsRotation(key, Date.now()) && mayRotate(key, props.who)).length
      : 0
  return (
    <Show when={due() > 0}>
      <span class={css.due} title={`${count(due(), 'key')} to rotate`}>
        <span class="visually-hidden">, </span>
        {due()}
        <span class="visually-hidden"> {due() === 1 ? 'key' : 'keys'} to rotate</span>
      </span>
    </Show>
  )
}
