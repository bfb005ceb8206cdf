/** Tells when a body was read or dropped: from then on nobody can end it early. */
const unreachable = new FinalizationRegistry<() => void>((forget) => forget())

/** What ends with a signal. */
interface Following {
  all: Set<AbortController>
  end: () => void
}

/** One listener a signal, however many follow it: Node warns of a leak where one signal has more than ten. */
const following = new WeakMap<AbortSignal, Following>()

/**
 * Ends `to` when the signal ends. `AbortSignal.any` is not used for what goes on after the function has returned: Node
 * 20 lets a signal be collected that only such a combined one listens to, and nothing ever ends it then.
 *
 * @returns what makes the signal forget it
 */
export function passOn(signal: AbortSignal | undefined, to: AbortController): () => void {
  if (signal === undefined) return () => {}
  if (signal.aborted) to.abort(signal.reason)
  const { all, end } = following.get(signal) ?? follow(signal)
  all.add(to)
  return () => {
    if (!all.delete(to) || all.size > 0) return
    signal.removeEventListener('abort', end)
    following.delete(signal)
  }
}

function follow(signal: AbortSignal): Following {
  const all = new Set<AbortController>()
  const end = (): void => {
    for (const to of all) to.abort(signal.reason)
  }
  const made = { all, end }
  following.set(signal, made)
  signal.addEventListener('abort', end, { once: true })
  return made
}

/** Forgets as soon as the body is out of everybody's reach; at once where there is none. */
export function forgetAfter({ body }: Response, forget: () => void): void {
  if (body === null) forget()
  else unreachable.register(body, forget)
}
