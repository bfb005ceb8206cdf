import { api } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { toastProblem } from '../ui/problem.tsx'

/** Ends this session and forgets everything that was read with it. */
export async function signOut(): Promise<void> {
  try {
    await api.auth.signOut.mutate()
    forgetSession()
  } catch (error) {
    toastProblem('Could not sign out', error)
  }
}

/** After any end of the session: nothing of it may stay on the screen or in memory. */
export function forgetSession(): void {
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' })
  queryClient.setQueryData(['me'], null)
}
