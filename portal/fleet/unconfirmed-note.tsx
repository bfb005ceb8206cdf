import Bot from 'lucide-solid/icons/bot'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import type { Device } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { MergeDialog } from './merge-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import css from './unconfirmed.module.css'
import { confirmDevice } from './unconfirmed-list.tsx'

/** On the page of a robot that came to be from an episode: what it is remains to be said. */
export function UnconfirmedNote(props: { device: Device; mayWork: boolean }): JSX.Element {
  const [open, setOpen] = createSignal<'rename' | 'merge'>()
  const close = (): void => {
    setOpen(undefined)
  }
  return (
    <div class={css.banner} role="status">
      <Bot size={16} aria-hidden="true" />
      <p>Episodes named this robot, and nobody has confirmed that it is one.</p>
      <Show when={props.mayWork}>
        <Button size="sm" onClick={() => confirmDevice(props.device)}>
          Confirm
        </Button>
        <Button size="sm" onClick={() => setOpen('rename')}>
          Rename
        </Button>
        <Button size="sm" onClick={() => setOpen('merge')}>
          Merge into…
        </Button>
      </Show>
      <Switch>
        <Match when={open() === 'rename'}>
          <RenameDialog device={props.device} close={close} />
        </Match>
        <Match when={open() === 'merge'}>
          <MergeDialog device={props.device} close={close} follow />
        </Match>
      </Switch>
    </div>
  )
}
