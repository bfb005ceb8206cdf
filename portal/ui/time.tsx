import { createSignal, type JSX, onCleanup } from 'solid-js'
import { ago, exact } from './format.ts'
import css from './time.module.css'

// One clock for every relative time on the page, ticking only while somebody reads one.
const [now, setNow] = createSignal(Date.now())
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The present, in milliseconds, moving on once a second for as long as the caller lives. */
export function useNow(): () => number {
  readers += 1
  setNow(Date.now())
  timer ??= setInterval(() => setNow(Date.now()), 1000)
  onCleanup(() => {
    readers -= 1
    if (readers > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return now
}

/** A relative time, past unless `words` says otherwise; the exact one (the viewer's zone and UTC) shows on hover and on focus of its row. */
export function Time(props: {
  at: string
  class?: string
  words?: (iso: string, now: number) => string
}): JSX.Element {
  const present = useNow()
  return (
    <time
      class={`${css.time} ${props.class ?? ''}`}
      datetime={props.at}
      title={exact(props.at)}
      data-exact={exact(props.at)}
    >
      {(props.words ?? ago)(props.at, present())}
    </time>
  )
}
