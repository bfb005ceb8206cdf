/** Tells when a body was read or dropped: from then on nobody can end it early. */
const unreachable = new FinalizationRegistry<() => void>((forget) => forget())

/**
 * Ends `to` when the signal ends. `AbortSignal.any` is not used for what goes on after the function has returned: Node
 * 20 lets a signal be collected that only such a combined one listens to, and nothing ever ends it then.
 *
 * @returns what makes the signal forget it
 */
export function passOn(signal: AbortSignal | undefined, to: AbortController): () => void {
  if (signal === undefined) return () => {}
  const end = (): void => to.abort(signal.reason)
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  return () => signal.removeEventListener('abort', end)
}

/** Forgets as soon as the body is out of everybody's reach; at once where there is none. */
export function forgetAfter({ body }: Response, forget: () => void): void {
  if (body === null) forget()
  else unreachable.register(body, forget)
}
