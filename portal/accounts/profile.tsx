import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { useSession } from './session.tsx'
import css from './settings-page.module.css'

/** Who one is here. */
export function Profile(): JSX.Element {
  const session = useSession()
  const account = () => session.me().account
  return (
    <Section title="Profile" id="profile">
      <NameForm name={account().name} />
      <dl class={css.profile}>
        <dt>E-mail</dt>
        <dd>{account().email}</dd>
        <dt>Organizations</dt>
        <dd>
          <For each={session.me().organizations} fallback="None">
            {(one) => (
              <p>
                <bdi>{one.name}</bdi> <span class={css.dim}>· {one.role}</span>
              </p>
            )}
          </For>
        </dd>
        <Show when={account().staff}>
          <dt>Rights</dt>
          <dd>Administrator of this server</dd>
        </Show>
      </dl>
    </Section>
  )
}

function NameForm(props: { name: string }): JSX.Element {
  const [name, setName] = createSignal(props.name)
  const { error, busy, submit } = createSubmission(async () => {
    const changed = await api.auth.rename.mutate({ name: name() })
    setName(changed.name)
    await queryClient.invalidateQueries({ queryKey: ['me'] })
    toast({ title: 'Name changed' })
  })
  return (
    <form class={css.line} onSubmit={submit}>
      <Field
        label="Name"
        autocomplete="name"
        maxLength={80}
        required
        hint="What the people of your organizations see."
        value={name()}
        onText={setName}
        error={fieldError(error(), 'name')}
      />
      <Button type="submit" busy={busy()} disabled={name().trim() === props.name}>
        Change name
      </Button>
      <FormProblem error={error()} except={['name']} />
    </form>
  )
}
