import type { Session } from '../accounts/session.tsx'

/** Whether the signed-in person may change the fleet of the chosen organization. */
export function mayWork(session: Session): boolean {
  return session.me().account.staff || session.organization()?.role !== 'viewer'
}
