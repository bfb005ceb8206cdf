import { Dialog as Part } from '@kobalte/core/dialog'
import { useNavigate } from '@solidjs/router'
import Search from 'lucide-solid/icons/search'
import { createEffect, createMemo, createSignal, For, type JSX, on, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { createFocusReturn } from '../ui/focus-return.ts'
import css from './command-palette.module.css'
import { type Command, listCommands } from './commands.ts'
import { paletteOpen, setPaletteOpen } from './overlays.ts'

/** One field that goes anywhere: pages, organizations, recent episodes, an episode's id, the theme. */
export function CommandPalette(): JSX.Element {
  const giveFocusBack = createFocusReturn(paletteOpen)
  return (
    <Part open={paletteOpen()} onOpenChange={setPaletteOpen}>
      <Part.Portal>
        <Part.Overlay class={css.scrim} />
        <div class={css.place}>
          <Part.Content class={css.palette} aria-label="Search and commands" onCloseAutoFocus={giveFocusBack}>
            <PaletteBody close={() => setPaletteOpen(false)} />
          </Part.Content>
        </div>
      </Part.Portal>
    </Part>
  )
}

function PaletteBody(props: { close: () => void }): JSX.Element {
  const session = useSession()
  const navigate = useNavigate()
  const [text, setText] = createSignal('')
  const [active, setActive] = createSignal(0)
  const found = createMemo(() => listCommands(text(), session, navigate))
  createEffect(on(text, () => setActive(0)))
  const run = (command: Command | undefined): void => {
    if (!command) return
    props.close()
    command.run()
  }
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      setActive((at) => (at + step + found().length) % Math.max(1, found().length))
      document.getElementById(`command-${active()}`)?.scrollIntoView({ block: 'nearest' })
    }
    if (event.key === 'Enter') run(found()[active()])
  }
  return (
    <>
      <div class={css.field}>
        <Search size={16} aria-hidden="true" />
        <input
          type="text"
          role="combobox"
          aria-label="Search and commands"
          aria-expanded="true"
          aria-controls="commands"
          aria-activedescendant={found().length > 0 ? `command-${active()}` : undefined}
          placeholder="Go to a page, an episode or paste its id"
          autocomplete="off"
          spellcheck={false}
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKey}
        />
      </div>
      <div class={css.list} role="listbox" id="commands" aria-label="Commands">
        <For each={found()}>
          {(command, at) => (
            <div
              role="option"
              id={`command-${at()}`}
              class={css.option}
              aria-selected={at() === active()}
              onPointerMove={() => setActive(at())}
              onClick={() => run(command)}
            >
              <span class={css.name}>{command.label}</span>
              <span class={css.hint}>{command.hint}</span>
            </div>
          )}
        </For>
      </div>
      <Show when={found().length === 0}>
        <p class={css.none}>Nothing fits “{text()}”.</p>
      </Show>
    </>
  )
}
