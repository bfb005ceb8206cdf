import { createSignal, onCleanup, onMount } from 'solid-js'
import { api, type LoginView, problemOf } from '../api.ts'
import { queryClient } from '../query-client.ts'

/** How often the page looks whether the terminal has picked its key up, or the code has died. */
const LOOK_MS = 1_500

export interface Watch {
  login: () => LoginView
  /** Takes a newer state than the one that is shown. */
  take: (login: LoginView) => void
  /** Asks the server now. */
  look: () => Promise<void>
}

/**
 * Follows a login until nothing more can become of it. It is no query of the cache: a suspended page would lose
 * the focus each time it looks, and an answer that was overtaken by a decision must not bring the question back.
 */
export function watchLogin(first: LoginView): Watch {
  const [login, setLogin] = createSignal(first)
  let looking = false
  const look = async (): Promise<void> => {
    if (looking || document.hidden || !isUnderWay(login())) return
    looking = true
    const before = login()
    try {
      const now = await api.deviceLogin.view.mutate({ user_code: before.user_code })
      if (login() === before) setLogin(now)
    } catch (problem) {
      // Whatever else went wrong on the way, the next look will tell.
      if (problemOf(problem).code === 'unauthenticated') queryClient.setQueryData(['me'], null)
    } finally {
      looking = false
    }
  }
  const now = (): void => void look()
  onMount(() => {
    const timer = setInterval(now, LOOK_MS)
    document.addEventListener('visibilitychange', now)
    onCleanup(() => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', now)
    })
  })
  return { login, take: setLogin, look }
}

/** The server tells a stranger nothing about where a code was used, and has nothing to watch for them. */
export function isOwn(login: LoginView): boolean {
  return login.ip !== ''
}

function isUnderWay(login: LoginView): boolean {
  return isOwn(login) && (login.state === 'pending' || login.state === 'approved')
}
