import Check from 'lucide-solid/icons/check'
import X from 'lucide-solid/icons/x'
import { createUniqueId, type JSX } from 'solid-js'
import { Button } from '../ui/button.tsx'
import type { Awake } from './awake.ts'
import css from './device-login.module.css'

/** Yes and no, of the same size and weight. Only the yes sleeps first: turning somebody away is always safe. */
export function Answers(props: {
  guard: Awake
  busy: 'authorize' | 'refuse' | undefined
  /** There is nothing to authorize it for. */
  impossible: boolean
  refuse: () => void
}): JSX.Element {
  const hint = createUniqueId()
  const press = (event: MouseEvent): void => {
    if (props.guard.awake()) return
    event.preventDefault()
    props.guard.touch(event)
  }
  return (
    <>
      <div class={css.answers}>
        <Button class={css.tall} busy={props.busy === 'refuse'} onClick={props.refuse}>
          <X size={16} aria-hidden="true" /> Refuse
        </Button>
        <Button
          type="submit"
          class={css.tall}
          busy={props.busy === 'authorize'}
          disabled={props.impossible}
          aria-disabled={!props.guard.awake() || undefined}
          aria-describedby={hint}
          onClick={press}
        >
          <Check size={16} aria-hidden="true" /> Authorize device
        </Button>
      </div>
      <p id={hint} class="visually-hidden">
        Can be pressed once this page has been in front for a second and you have moved or pressed something.
      </p>
    </>
  )
}
