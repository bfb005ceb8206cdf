import { useQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { EnrolmentToken } from '../../sdk/wire.ts'
import { api } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ahead } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import css from './enrol.module.css'
import { enrolmentTokensQuery, refreshDevices } from './fleet-queries.ts'

/** So many that are over are shown; they are of interest for a while. */
const OVER_SHOWN = 5

const STATUS: Record<EnrolmentToken['status'], JSX.Element> = {
  live: 'Live',
  used_up: 'Used up',
  expired: 'Expired',
  revoked: 'Revoked',
}

/** The tokens of a project: how many robots each still lets in, and when one came last. */
export function EnrolmentTokens(props: {
  org: string
  project: string
  /** How the project is called, where it does not go without saying. */
  named: string | undefined
  mayRevoke: boolean
}): JSX.Element {
  const tokens = useQuery(() => enrolmentTokensQuery(props.org, props.project))
  const [revoking, setRevoking] = createSignal<EnrolmentToken>()
  const rows = createMemo(() => {
    const all = tokens.isSuccess ? tokens.data : []
    const live = all.filter(({ status }) => status === 'live')
    return [...live, ...all.filter(({ status }) => status !== 'live').slice(0, OVER_SHOWN)]
  })
  return (
    <Show when={rows().length > 0}>
      <Section
        title="Enrolment tokens"
        note={`What new robots swap for a key of their own${props.named ? `, in project ${props.named}` : ''}.`}
      >
        <TableFrame label="Enrolment tokens, table">
          <table class={`${table.table} ${table.cards}`} role="table">
            <thead>
              <tr>
                <th>Label</th>
                <th>Its devices get</th>
                <th class={table.number}>Enrolled</th>
                <th>Last used</th>
                <th>Ends</th>
                <th>Status</th>
                <th class={table.end}>
                  <span class="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={rows()}>
                {(token) => (
                  <TokenRow token={token} mayRevoke={props.mayRevoke} revoke={() => setRevoking(token)} />
                )}
              </For>
            </tbody>
          </table>
        </TableFrame>
        <Show when={revoking()} keyed>
          {(token) => <RevokeToken {...props} token={token} close={() => setRevoking(undefined)} />}
        </Show>
      </Section>
    </Show>
  )
}

function TokenRow(props: { token: EnrolmentToken; mayRevoke: boolean; revoke: () => void }): JSX.Element {
  const gets = () =>
    [props.token.type, props.token.environment, props.token.group?.name].filter(Boolean).join(' · ')
  const isLive = () => props.token.status === 'live'
  return (
    <tr role="row" class={isLive() ? undefined : css.gone} data-row>
      <td role="cell" class={table.wrapText}>
        <bdi>{props.token.label}</bdi>
        <p class={css.token}>
          <code>rte_{props.token.id}</code>
        </p>
      </td>
      <td role="cell" data-label="Gets" class={table.wrapText}>
        {gets() || <span class={table.dim}>–</span>}
      </td>
      <td role="cell" data-label="Enrolled" class={table.number}>
        {props.token.use_count.toLocaleString('en')} of {props.token.uses_max.toLocaleString('en')}
      </td>
      <td role="cell" data-label="Last used">
        <Show when={props.token.last_used_at} fallback={<span class={table.dim}>Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </td>
      <td role="cell" data-label="Ends">
        <Time at={props.token.expires_at} words={isLive() ? ahead : undefined} />
      </td>
      <td role="cell">
        <Badge tone={isLive() ? 'ready' : 'neutral'}>{STATUS[props.token.status]}</Badge>
      </td>
      <td role="cell" class={table.end}>
        <Show when={props.mayRevoke && isLive()}>
          <Button size="sm" variant="ghost" aria-label={`Revoke ${props.token.label}`} onClick={props.revoke}>
            Revoke
          </Button>
        </Show>
      </td>
    </tr>
  )
}

function RevokeToken(props: {
  org: string
  project: string
  token: EnrolmentToken
  close: () => void
}): JSX.Element {
  const left = () => props.token.uses_max - props.token.use_count
  const { error, busy, submit } = createSubmission(async () => {
    const { org, project, token } = props
    await api.fleet.revokeEnrolmentToken.mutate({ org, project, token: token.id })
    await refreshDevices()
    toast({ title: 'Token revoked', detail: `${token.label} lets nobody in any more.` })
    props.close()
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Revoke ${props.token.label}?`}
      description={`${left() === 1 ? 'The one robot' : `The ${left().toLocaleString('en')} robots`} it would still let in cannot enrol with it. Those that have enrolled go on working.`}
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} onClick={submit}>
            Revoke token
          </Button>
        </>
      }
    >
      <FormProblem error={error()} />
    </Dialog>
  )
}
