import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Field } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './organization.module.css'
import { maySet, refreshOrganization, type SettingsOf } from './organization-queries.ts'

/** What the organization is called, by people and in addresses. */
export function GeneralSection(props: SettingsOf): JSX.Element {
  return (
    <Section title="General" id="general">
      <div class={css.general}>
        <Show when={maySet(props)}>
          <NameForm {...props} />
        </Show>
        <dl class={css.facts}>
          <Show when={!maySet(props)}>
            <dt>Name</dt>
            <dd>
              <bdi>{props.organization.name}</bdi>
            </dd>
          </Show>
          <dt>Slug</dt>
          <dd>
            <code>{props.organization.slug}</code> <CopyButton text={props.organization.slug} what="slug" />
          </dd>
          <dt>Id</dt>
          <dd>
            <code class={css.id}>{props.organization.id}</code>{' '}
            <CopyButton text={props.organization.id} what="id" />
          </dd>
        </dl>
      </div>
    </Section>
  )
}

function NameForm(props: SettingsOf): JSX.Element {
  const [name, setName] = createSignal(props.organization.name)
  const { error, busy, submit } = createSubmission(async () => {
    const { id: organization_id } = props.organization
    const changed = await api.organization.rename.mutate({ organization_id, name: name() })
    setName(changed.name)
    await refreshOrganization(organization_id)
    toast({ title: 'Name changed' })
  })
  return (
    <form class={css.line} aria-label="Name of the organization" onSubmit={submit}>
      <Field
        label="Name"
        autocomplete="off"
        maxLength={80}
        required
        hint="Slug and id stay as they are, and so do addresses and scripts."
        value={name()}
        onText={setName}
        error={fieldError(error(), 'name')}
      />
      <Button type="submit" busy={busy()} disabled={name().trim() === props.organization.name}>
        Change name
      </Button>
      <FormProblem error={error()} except={['name']} />
    </form>
  )
}
