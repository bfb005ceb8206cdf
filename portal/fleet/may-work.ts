import type { Session } from '../accounts/session.tsx'

/** Whether the signed-in person may change the fleet of the chosen organization. */
export function mayWork(session: Session): boolean {
  return session.me().account.staff || session.organization()?.role !== 'viewer'
}

/** Whether they may let robots in: each gets a key that lives on. */
export function mayEnrol(session: Session): boolean {
  const role = session.organization()?.role
  return session.me().account.staff || role === 'owner' || role === 'admin'
}
