import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ChoiceField, Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './enrol.module.css'
import { EnrolReveal } from './enrol-reveal.tsx'
import { facetsQuery, groupsQuery, refreshDevices } from './fleet-queries.ts'
import { Suggestions } from './suggestions.tsx'

const LIVES = [
  { value: '3600', words: '1 hour' },
  { value: '86400', words: '1 day' },
  { value: '604800', words: '7 days' },
  { value: '2592000', words: '30 days' },
]

const FIELDS = ['label', 'uses', 'expires_in', 'type', 'environment', 'group_id']

interface Made {
  /** The text, kept here and nowhere else. */
  token: string
  id: string
  label: string
  uses: number
}

function createEnrolForm(props: { org: string; project: string }) {
  const [value, setValue] = createSignal({
    ...{ label: '', uses: '1', expires_in: '86400', type: '', environment: '', group_id: '' },
  })
  const [made, setMade] = createSignal<Made>()
  const submission = createSubmission(async () => {
    const { label, uses, expires_in, type, environment, group_id } = value()
    const { token, enrolment_token } = await api.fleet.makeEnrolmentToken.mutate({
      ...{ org: props.org, project: props.project },
      label: label.trim() || 'New robots',
      uses: Number(uses),
      expires_in: Number(expires_in),
      type: type.trim() || null,
      environment: environment.trim() || null,
      group_id: group_id || null,
    })
    setMade({ token, id: enrolment_token.id, label: enrolment_token.label, uses: enrolment_token.uses_max })
    await refreshDevices()
  })
  const change = (part: Partial<ReturnType<typeof value>>): void => {
    submission.forget()
    setValue((before) => ({ ...before, ...part }))
  }
  return { value, change, made, ...submission }
}

/** Makes a token that new robots swap for keys of their own, then shows it with the commands: the one time. */
export function EnrolDialog(props: {
  org: string
  project: string
  /** What the project is called. */
  into: string
  close: () => void
}): JSX.Element {
  const form = createEnrolForm(props)
  return (
    <Show
      when={form.made()}
      fallback={
        <Dialog
          open
          wide
          onClose={props.close}
          title="Enrol devices"
          description={`Make a token. Each robot that presents it joins the project ${props.into} and gets an API key of its own, good for that robot alone; the token itself can do nothing else.`}
          footer={
            <>
              <Button onClick={props.close}>Cancel</Button>
              <Button type="submit" form="enrol" variant="primary" busy={form.busy()}>
                Make token
              </Button>
            </>
          }
        >
          <EnrolForm form={form} org={props.org} project={props.project} />
        </Dialog>
      }
    >
      {(made) => <EnrolReveal {...made()} org={props.org} project={props.project} close={props.close} />}
    </Show>
  )
}

function EnrolForm(props: {
  form: ReturnType<typeof createEnrolForm>
  org: string
  project: string
}): JSX.Element {
  const facets = useQuery(() => facetsQuery({ org: props.org, project: props.project }))
  const groups = useQuery(() => groupsQuery(props.org, props.project))
  const wrong = (name: string) => fieldError(props.form.error(), name) ?? ''
  const value = () => props.form.value()
  return (
    <form id="enrol" class={css.form} onSubmit={props.form.submit}>
      <Field
        label="Label"
        placeholder="Warehouse arms, August"
        maxLength={80}
        required
        autocomplete="off"
        value={value().label}
        onText={(label) => props.form.change({ label })}
        error={wrong('label')}
      />
      <div class={css.pair}>
        <Field
          label="How many robots"
          type="number"
          min={1}
          max={10_000}
          required
          value={value().uses}
          onText={(uses) => props.form.change({ uses })}
          error={wrong('uses')}
        />
        <ChoiceField
          label="Good for"
          choices={LIVES}
          value={value().expires_in}
          onChoice={(expires_in) => props.form.change({ expires_in })}
          error={wrong('expires_in')}
        />
        <Field
          label="Their type"
          placeholder="arm"
          list="known-types"
          maxLength={64}
          autocomplete="off"
          value={value().type}
          onText={(type) => props.form.change({ type })}
          error={wrong('type')}
        />
        <Field
          label="Their environment"
          placeholder="production"
          list="known-environments"
          maxLength={64}
          autocomplete="off"
          value={value().environment}
          onText={(environment) => props.form.change({ environment })}
          error={wrong('environment')}
        />
      </div>
      <ChoiceField
        label="Their group"
        choices={[
          { value: '', words: 'None' },
          ...(groups.isSuccess ? groups.data.map(({ id, name }) => ({ value: id, words: name })) : []),
        ]}
        value={value().group_id}
        onChoice={(group_id) => props.form.change({ group_id })}
        error={wrong('group_id')}
      />
      <Suggestions id="known-types" of={facets.isSuccess ? facets.data.types : []} />
      <Suggestions id="known-environments" of={facets.isSuccess ? facets.data.environments : []} />
      <FormProblem error={props.form.error()} except={FIELDS} />
    </form>
  )
}
