import { useQuery } from '@tanstack/solid-query'
import { type JSX, Match, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { LinkButton } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { membersQuery, type Role } from './member-queries.ts'
import css from './organization.module.css'

/** How many people there are; their own page has them all. */
export function PeopleSection(props: { organization_id: string }): JSX.Element {
  const session = useSession()
  const members = useQuery(() => membersQuery(props.organization_id))
  return (
    <Section
      title="Members"
      id="members"
      actions={<LinkButton href={session.href('/portal/members')}>All members</LinkButton>}
    >
      <Switch fallback={<div class={css.waitingLine} aria-busy="true" />}>
        <Match when={members.isError && !members.isSuccess}>
          <FormProblem error={members.error} />
        </Match>
        <Match when={members.isSuccess && members.data}>
          {(all) => <p>{inWords(all().map(({ role }) => role))}</p>}
        </Match>
      </Switch>
    </Section>
  )
}

const ORDER: readonly Role[] = ['owner', 'admin', 'member', 'viewer']

/** @example inWords(['owner', 'viewer', 'viewer']) // '3 people: 1 owner, 2 viewers.' */
function inWords(roles: Role[]): string {
  const parts = ORDER.map((role) => ({ role, n: roles.filter((one) => one === role).length }))
    .filter(({ n }) => n > 0)
    .map(({ role, n }) => count(n, role))
  return `${roles.length === 1 ? '1 person' : `${roles.length} people`}: ${parts.join(', ')}.`
}
