import CircleAlert from 'lucide-solid/icons/circle-alert'
import RotateCcw from 'lucide-solid/icons/rotate-ccw'
import { type JSX, Show } from 'solid-js'
import { fieldError, problemOf } from '../api.ts'
import { Button } from './button.tsx'
import css from './problem.module.css'
import { toast } from './toast.tsx'

/**
 * A refusal inside a form or a dialog: what happened, and the request id that finds it in the log. One that is about
 * a field of `except` is left to that field.
 */
export function FormProblem(props: { error: unknown; except?: string[] }): JSX.Element {
  const problem = () => problemOf(props.error)
  const atField = () => props.except?.some((path) => fieldError(props.error, path))
  return (
    <Show when={props.error && !atField()}>
      <div class={css.inline} role="alert">
        <CircleAlert size={15} aria-hidden="true" />
        <p>
          {problem().detail}
          <Show when={problem().status >= 500 && problem().request_id}>
            {' '}
            Request <code>{problem().request_id}</code>.
          </Show>
        </p>
      </div>
    </Show>
  )
}

/** Instead of a page that could not be loaded. */
export function PageProblem(props: { error: unknown; retry: () => void }): JSX.Element {
  const problem = () => problemOf(props.error)
  return (
    <div class={css.page} role="alert">
      <CircleAlert size={22} aria-hidden="true" />
      <h1>{problem().title}</h1>
      <p>{problem().detail}</p>
      <Show when={problem().request_id}>
        <p class={css.request}>
          Request <code>{problem().request_id}</code>
        </p>
      </Show>
      <Button onClick={props.retry}>
        <RotateCcw size={14} aria-hidden="true" /> Try again
      </Button>
    </div>
  )
}

/** A failed action, as a toast. */
export function toastProblem(title: string, error: unknown): void {
  const problem = problemOf(error)
  toast({ tone: 'failed', title, detail: problem.detail, request_id: problem.request_id })
}
