import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { type ApiKey, api, fieldError } from '../api.ts'
import { scopeSentence } from '../device-login/scope-words.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { count } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import css from './key-detail.module.css'
import { shortNetwork } from './key-facts.ts'
import { KeyStatus, RotationProgress } from './key-status.tsx'
import { Sparkline } from './sparkline.tsx'

/** Everything about one key: what it is and may, and from where it was used, with what and how much. */
export function KeyDetail(props: {
  api_key: ApiKey
  keys: ApiKey[]
  mayEdit: boolean
  close: () => void
}): JSX.Element {
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      title={props.api_key.label}
      description={
        <>
          <span class={css.status}>
            <code>{props.api_key.prefix}</code> <KeyStatus api_key={props.api_key} />
          </span>
          <RotationProgress api_key={props.api_key} keys={props.keys} />
        </>
      }
    >
      <div class={css.body}>
        <History api_key={props.api_key} />
        <Facts api_key={props.api_key} />
        <Show when={props.mayEdit}>
          <EditForm api_key={props.api_key} />
        </Show>
      </div>
    </Dialog>
  )
}

function History(props: { api_key: ApiKey }): JSX.Element {
  const history = useQuery(() => ({
    queryKey: ['api-key-history', props.api_key.id],
    queryFn: () => api.apiKeys.history.query({ id: props.api_key.id }),
    refetchInterval: 15_000,
  }))
  return (
    <Switch fallback={<div class={css.waiting} aria-busy="true" />}>
      <Match when={history.isError && !history.isSuccess}>
        <FormProblem error={history.error} />
      </Match>
      <Match when={history.isSuccess && history.data.origins.length === 0}>
        <p class={css.empty}>Nobody has used this key yet. Its first use shows here within seconds.</p>
      </Match>
      <Match when={history.isSuccess && history.data}>
        {(known) => (
          <>
            <div>
              <Sparkline days={known().days} large />
              <p class={css.caption}>
                {count(props.api_key.use_count, 'use')} in all; each bar is a day of the last 30, today on the
                right
              </p>
            </div>
            <TableFrame label="Where it was used from">
              <table class={table.table}>
                <thead>
                  <tr>
                    <th>Network</th>
                    <th>Program</th>
                    <th>First</th>
                    <th>Last</th>
                    <th class={table.number}>Uses</th>
                  </tr>
                </thead>
                <tbody>
                  <For each={known().origins}>
                    {(origin) => (
                      <tr>
                        <td class="mono">{shortNetwork(origin.network)}</td>
                        <td class={table.wrapText}>
                          <bdi>{origin.user_agent || 'Does not say'}</bdi>
                        </td>
                        <td>
                          <Time at={origin.first_used_at} />
                        </td>
                        <td>
                          <Time at={origin.last_used_at} />
                        </td>
                        <td class={table.number}>{origin.use_count.toLocaleString('en')}</td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
              <p class={table.note}>The last five places; the fifty latest are kept.</p>
            </TableFrame>
          </>
        )}
      </Match>
    </Switch>
  )
}

function Facts(props: { api_key: ApiKey }): JSX.Element {
  return (
    <dl class={css.facts}>
      <dt>May</dt>
      <dd>
        {scopeSentence(props.api_key.scopes)}
        <p class={css.scopes}>{props.api_key.scopes.join(' ')}</p>
      </dd>
      <dt>Good for</dt>
      <dd>
        <Show
          when={props.api_key.device ?? props.api_key.project}
          fallback={props.api_key.owner ? 'Everything its owner may there' : 'The whole organization'}
        >
          {(pin) => (
            <>
              Only {props.api_key.device ? 'device' : 'project'} <bdi>{pin().name}</bdi>
            </>
          )}
        </Show>
      </dd>
      <dt>Belongs to</dt>
      <dd>
        <Show when={props.api_key.owner} fallback="The organization">
          {(owner) => (
            <>
              <bdi>{owner().name}</bdi> ({owner().email}); never more rights than theirs
            </>
          )}
        </Show>
      </dd>
      <dt>Made</dt>
      <dd>
        <Time at={props.api_key.created_at} /> by <bdi>{props.api_key.created_by.name}</bdi>
      </dd>
      <Show when={props.api_key.revoked_at}>
        {(at) => (
          <>
            <dt>Revoked</dt>
            <dd>
              <Time at={at()} />
              <Show when={props.api_key.revoked_by}>
                {(by) => (
                  <>
                    {' '}
                    by <bdi>{by().name}</bdi>
                  </>
                )}
              </Show>
            </dd>
          </>
        )}
      </Show>
      <Show when={props.api_key.note}>
        <dt>Note</dt>
        <dd>
          <bdi>{props.api_key.note}</bdi>
        </dd>
      </Show>
    </dl>
  )
}

function EditForm(props: { api_key: ApiKey }): JSX.Element {
  const [label, setLabel] = createSignal(props.api_key.label)
  const [note, setNote] = createSignal(props.api_key.note ?? '')
  const { error, busy, submit } = createSubmission(async () => {
    await api.apiKeys.edit.mutate({ id: props.api_key.id, label: label(), note: note() })
    await queryClient.invalidateQueries({ queryKey: ['api-keys'] })
    toast({ title: 'Saved' })
  })
  return (
    <form class={css.form} aria-label="Label and note" onSubmit={submit}>
      <Field
        label="Label"
        maxLength={80}
        required
        autocomplete="off"
        value={label()}
        onText={setLabel}
        error={fieldError(error(), 'label')}
      />
      <Field
        label="Note"
        maxLength={500}
        autocomplete="off"
        placeholder="Where it is, who to ask"
        value={note()}
        onText={setNote}
        error={fieldError(error(), 'note')}
      />
      <FormProblem error={error()} except={['label', 'note']} />
      <div>
        <Button type="submit" busy={busy()}>
          Save
        </Button>
      </div>
    </form>
  )
}
