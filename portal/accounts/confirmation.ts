import { createSignal } from 'solid-js'

/** The question that is open now, and how it ends. */
interface Open {
  answer: (confirmed: boolean) => void
}

const [open, setOpen] = createSignal<Open>()
let asked: Promise<boolean> | undefined

/** What the confirm dialog shows; undefined while nothing is asked. */
export { open as openConfirmation }

/**
 * Has the reader confirm that it is them. Everything that asks while the dialog is open waits for the same answer.
 *
 * @returns whether they did
 */
export function askForConfirmation(): Promise<boolean> {
  asked ??= new Promise<boolean>((resolve) => {
    setOpen({
      answer(confirmed) {
        asked = undefined
        setOpen(undefined)
        resolve(confirmed)
      },
    })
  })
  return asked
}
