import { useQuery } from '@tanstack/solid-query'
import { createEffect, createMemo, createSignal, For, type JSX, on, onCleanup, Show } from 'solid-js'
import { api, type Device } from '../api.ts'
import { Field } from '../ui/field.tsx'
import { mostAlike, stem } from './similar.ts'
import { StatusWord } from './status-word.tsx'
import css from './unconfirmed.module.css'

const OFFERED = 8
/** Among so many with a word in common the one that is most alike is looked for. */
const COMPARED = 100
const PAUSE_MS = 180

/**
 * Chooses another device of the same project: the one whose name is most alike is offered first, any other is found
 * by typing.
 */
export function DeviceChoice(props: {
  device: Device
  chosen: Device | undefined
  choose: (device: Device | undefined) => void
}): JSX.Element {
  const [text, setText] = createSignal('')
  const [asked, setAsked] = createSignal('')
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  const suggestion = useSuggestion(() => props.device)
  const found = useQuery(() => candidatesQuery(props.device, asked(), OFFERED + 1))
  const offered = createMemo(() => {
    const all = found.isSuccess ? found.data : []
    const alike = asked() === '' ? suggestion() : undefined
    const rest = all.filter(({ id }) => id !== alike?.id)
    return [...(alike ? [alike] : []), ...rest].slice(0, OFFERED)
  })
  createEffect(
    on(suggestion, (alike) => {
      if (alike && !props.chosen) props.choose(alike)
    }),
  )
  return (
    <>
      <Field
        label="Which device is it?"
        type="search"
        placeholder="Name or serial number"
        autocomplete="off"
        maxLength={120}
        value={text()}
        onText={(next) => {
          setText(next)
          clearTimeout(timer)
          timer = setTimeout(() => setAsked(next.trim()), PAUSE_MS)
        }}
      />
      <fieldset class={css.choices}>
        <legend class="visually-hidden">Devices</legend>
        <For each={offered()} fallback={<Nothing loading={found.isPending} />}>
          {(one) => (
            <label class={css.choice}>
              <input
                type="radio"
                name="into"
                checked={props.chosen?.id === one.id}
                onChange={() => props.choose(one)}
              />
              <bdi>{one.name}</bdi>
              <Show when={one.id === suggestion()?.id}>
                <span class={css.similar}>similar name</span>
              </Show>
              <StatusWord status={one.status} />
            </label>
          )}
        </For>
      </fieldset>
    </>
  )
}

function Nothing(props: { loading: boolean }): JSX.Element {
  return <p class={css.nothing}>{props.loading ? 'Looking…' : 'No confirmed device fits.'}</p>
}

/** The confirmed device whose name is most like this one's. */
function useSuggestion(device: () => Device): () => Device | undefined {
  const candidates = useQuery(() => candidatesQuery(device(), stem(device().name), COMPARED))
  return createMemo(() => (candidates.isSuccess ? mostAlike(device().name, candidates.data) : undefined))
}

function candidatesQuery({ organization, project, id }: Device, text: string, limit: number) {
  return {
    queryKey: ['candidates', organization, project, id, text, limit],
    queryFn: async () => {
      const place = { org: organization, project }
      const { items } = await api.fleet.list.query({
        ...place,
        ...(text ? { text } : {}),
        confirmed: true,
        limit,
      })
      return items.filter((one) => one.id !== id)
    },
  }
}
