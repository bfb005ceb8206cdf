import { createSignal } from 'solid-js'

export interface Submission {
  /** Why it was refused the last time; undefined while it is under way and once it went well. */
  error: () => unknown
  busy: () => boolean
  /** Acts, unless it is under way already. The handler of a form or of a button. */
  submit: (event?: Event) => Promise<void>
  /** Forgets the refusal, as soon as something is changed about it. */
  forget: () => void
}

/**
 * What every form and every asking dialog does around its one act: acts once at a time, and keeps the refusal to be
 * shown.
 *
 * @param act throws what is to be shown
 * @example const { error, busy, submit } = createSubmission(() => api.auth.signIn.mutate(form()))
 */
export function createSubmission(act: () => Promise<unknown>): Submission {
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const submit = async (event?: Event): Promise<void> => {
    event?.preventDefault()
    if (busy()) return
    setBusy(true)
    setError(undefined)
    try {
      await act()
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  return { error, busy, submit, forget: () => setError(undefined) }
}
