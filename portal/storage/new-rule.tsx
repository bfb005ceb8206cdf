import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, fieldError, type RulePreview, type RuleText } from '../api.ts'
import { projectsQuery } from '../organizations/organization-queries.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ChoiceField, Field } from '../ui/field.tsx'
import { count, exact, size } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './storage.module.css'
import { previewQuery, sentenceOf } from './storage-queries.ts'

const STATUSES = [
  { value: '', words: 'Any, once it is over' },
  { value: 'ready', words: 'Ready' },
  { value: 'failed', words: 'Failed' },
  { value: 'interrupted', words: 'Interrupted' },
]
const SOURCES = [
  { value: '', words: 'Any' },
  { value: 'real', words: 'Real' },
  { value: 'sim', words: 'Sim' },
  { value: 'replay', words: 'Replay' },
]

/** Makes a rule: nothing is set up before its preview was seen. */
export function NewRule(props: {
  organization_id: string
  trash_days: number
  close: () => void
}): JSX.Element {
  const projects = useQuery(() => projectsQuery(props.organization_id))
  const [rule, setRule] = createSignal<RuleText>({
    ...{ project: null, status: null, source: null, keep_tag: null, days: 90 },
  })
  const [shown, setShown] = createSignal<RuleText>()
  const change = (to: Partial<RuleText>): void => {
    setShown(undefined)
    setRule({ ...rule(), ...to })
  }
  const { error, busy, submit } = createSubmission(async () => {
    const { organization_id } = props
    const asked = shown()
    if (!asked) {
      await queryClient.fetchQuery(previewQuery(organization_id, rule()))
      setShown(rule())
      return
    }
    await api.storage.createRule.mutate({ organization_id, ...asked })
    await queryClient.invalidateQueries({ queryKey: ['storage', organization_id] })
    toast({ title: 'Rule added', detail: 'It runs within the hour, and once a day from then on.' })
    props.close()
  })
  const preview = (): RulePreview | undefined => {
    const asked = shown()
    return asked && queryClient.getQueryData(previewQuery(props.organization_id, asked).queryKey)
  }
  const verb = (): string => {
    const found = preview()
    if (!found) return 'Preview'
    return found.episodes === 0 ? 'Add rule' : `Add rule: ${count(found.episodes, 'episode')} to the trash`
  }
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      title="New retention rule"
      description="What it names goes to the trash once a day. First you see what that would be today."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button
            type="submit"
            form="new-rule"
            variant={(preview()?.episodes ?? 0) > 0 ? 'danger' : 'primary'}
            busy={busy()}
          >
            {verb()}
          </Button>
        </>
      }
    >
      <form id="new-rule" class={css.form} onSubmit={submit}>
        <div class={css.fields}>
          <Field
            label="Older than, days"
            type="number"
            min={1}
            required
            inputMode="numeric"
            value={String(rule().days)}
            onText={(text) => change({ days: Number(text) })}
            error={fieldError(error(), 'days')}
          />
          <ChoiceField
            label="Project"
            choices={[
              { value: '', words: 'All projects' },
              ...(projects.isSuccess
                ? projects.data.map(({ slug, name }) => ({ value: slug, words: name }))
                : []),
            ]}
            value={rule().project ?? ''}
            onChoice={(value) => change({ project: value || null })}
          />
          <ChoiceField
            label="Status"
            choices={STATUSES}
            value={rule().status ?? ''}
            onChoice={(value) =>
              change({ status: oneOf(['ready', 'failed', 'interrupted'] as const, value) })
            }
          />
          <ChoiceField
            label="Source"
            choices={SOURCES}
            value={rule().source ?? ''}
            onChoice={(value) => change({ source: oneOf(['real', 'sim', 'replay'] as const, value) })}
          />
          <Field
            label="Keep those tagged"
            maxLength={64}
            autocomplete="off"
            hint="Leave empty to make no exception."
            value={rule().keep_tag ?? ''}
            onText={(text) => change({ keep_tag: text.trim() || null })}
            error={fieldError(error(), 'keep_tag')}
          />
        </div>
        <FormProblem error={error()} except={['days', 'keep_tag']} />
        <Show when={preview()}>
          {(found) => <Preview preview={found()} rule={rule()} trash_days={props.trash_days} />}
        </Show>
      </form>
    </Dialog>
  )
}

function Preview(props: { preview: RulePreview; rule: RuleText; trash_days: number }): JSX.Element {
  return (
    <div class={css.preview} role="status">
      <p>{sentenceOf(props.rule)}:</p>
      <p>
        <strong>
          {count(props.preview.episodes, 'episode')}, {size(props.preview.bytes)}
        </strong>{' '}
        would go to the trash now, and for good {count(props.trash_days, 'day')} later.
        <Show when={props.preview.kept > 0}>
          {' '}
          {count(props.preview.kept, 'episode')} stay because of the tag.
        </Show>
      </p>
      <Show when={props.preview.oldest}>
        {(oldest) => (
          <p class={css.dim}>
            From {exact(oldest())} to {exact(props.preview.newest ?? oldest())}.
          </p>
        )}
      </Show>
      <Show when={props.preview.first.length > 0}>
        <ul aria-label="The first of them">
          <For each={props.preview.first}>
            {(one) => (
              <li>
                <bdi>{one.name || one.id}</bdi>
              </li>
            )}
          </For>
          <Show when={props.preview.episodes > props.preview.first.length}>
            <li>and {(props.preview.episodes - props.preview.first.length).toLocaleString('en')} more</li>
          </Show>
        </ul>
      </Show>
    </div>
  )
}

function oneOf<Value extends string>(values: readonly Value[], text: string): Value | null {
  return values.find((value) => value === text) ?? null
}
