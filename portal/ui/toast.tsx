import Check from 'lucide-solid/icons/check'
import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import X from 'lucide-solid/icons/x'
import { createSignal, For, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { Button } from './button.tsx'
import css from './toast.module.css'

export interface Toast {
  title: string
  detail?: string
  /** Default `done`. */
  tone?: 'done' | 'failed'
  /** What finds the failure in the server's log. */
  request_id?: string
  /** An honest undo, or a way on. */
  action?: { label: string; run: () => void }
}

const [toasts, setToasts] = createSignal<(Toast & { key: number })[]>([])
let last = 0

/** Says an outcome in the corner; it leaves by itself unless it is being read (hovered or focused). */
export function toast(message: Toast): void {
  last += 1
  const key = last
  setToasts((all) => [...all.slice(-2), { ...message, key }])
}

function dismiss(key: number): void {
  setToasts((all) => all.filter((one) => one.key !== key))
}

/** Where toasts appear; mounted once. */
export function ToastRegion(): JSX.Element {
  return (
    <section class={css.region} aria-label="Notifications">
      <ol aria-live="polite" aria-relevant="additions">
        <For each={toasts()}>{(one) => <ToastItem toast={one} dismiss={() => dismiss(one.key)} />}</For>
      </ol>
    </section>
  )
}

function ToastItem(props: { toast: Toast; dismiss: () => void }): JSX.Element {
  let timer: ReturnType<typeof setTimeout> | undefined
  // Messages with something to press or to note stay longer.
  const life = props.toast.action || props.toast.tone === 'failed' ? 10_000 : 5_000
  const hold = (): void => clearTimeout(timer)
  const go = (): void => {
    hold()
    timer = setTimeout(props.dismiss, life)
  }
  onMount(go)
  onCleanup(hold)
  return (
    <li
      class={css.toast}
      data-tone={props.toast.tone ?? 'done'}
      onPointerEnter={hold}
      onPointerLeave={go}
      onFocusIn={hold}
      onFocusOut={go}
    >
      <Show when={props.toast.tone === 'failed'} fallback={<Check size={16} aria-hidden="true" />}>
        <TriangleAlert size={16} aria-hidden="true" />
      </Show>
      <div class={css.text}>
        <p class={css.title}>{props.toast.title}</p>
        <Show when={props.toast.detail}>
          <p class={css.detail}>{props.toast.detail}</p>
        </Show>
        <Show when={props.toast.request_id}>
          <p class={css.detail}>
            Request <code>{props.toast.request_id}</code>
          </p>
        </Show>
      </div>
      <Show when={props.toast.action}>
        {(action) => (
          <Button
            size="sm"
            onClick={() => {
              action().run()
              props.dismiss()
            }}
          >
            {action().label}
          </Button>
        )}
      </Show>
      <Button size="sm" variant="ghost" icon aria-label="Dismiss" onClick={props.dismiss}>
        <X size={14} aria-hidden="true" />
      </Button>
    </li>
  )
}
