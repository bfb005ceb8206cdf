import type { JSX } from 'solid-js'
import type { InvitationView } from '../api.ts'
import { roleNoun } from './member-queries.ts'

/** Who invites whom as what: what somebody decides by. */
export function Lead(props: { view: InvitationView }): JSX.Element {
  return (
    <>
      <bdi>{props.view.invited_by}</bdi> invites <strong>{props.view.email}</strong> to{' '}
      <bdi>{props.view.organization}</bdi> as {roleNoun(props.view.role)}.
    </>
  )
}
