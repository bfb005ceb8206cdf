import { For, type JSX } from 'solid-js'

/** What a field offers while one types: the words that are used already. */
export function Suggestions(props: { id: string; of: readonly string[] }): JSX.Element {
  return (
    <datalist id={props.id}>
      <For each={props.of}>{(word) => <option value={word} />}</For>
    </datalist>
  )
}
