import { useNavigate } from '@solidjs/router'
import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './clients.module.css'

/** Makes an organization, then opens its page. */
export function NewClientDialog(props: { open: boolean; close: () => void }): JSX.Element {
  const [name, setName] = createSignal('')
  const [slug, setSlug] = createSignal('')
  const navigate = useNavigate()
  const named = () => fieldError(error(), 'name') ?? fieldError(error(), 'slug')
  const { error, busy, submit } = createSubmission(async () => {
    const client = await api.clients.create.mutate({
      name: name().trim(),
      slug: slug().trim() || undefined,
    })
    // Whoever makes a client becomes its owner, so the list of one's own organizations changes as well.
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: ['clients'] }),
      queryClient.invalidateQueries({ queryKey: ['me'] }),
    ])
    props.close()
    setName('')
    setSlug('')
    navigate(`/admin/clients/${client.id}`)
  })
  return (
    <Dialog
      open={props.open}
      onClose={props.close}
      title="New client"
      description="An organization with its own episodes, members and keys. It starts with a default project."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="new-client" variant="primary" busy={busy()}>
            Create client
          </Button>
        </>
      }
    >
      <ClientForm
        name={name()}
        slug={slug()}
        setName={setName}
        setSlug={setSlug}
        error={error()}
        named={named() !== undefined}
        submit={submit}
      />
    </Dialog>
  )
}

function ClientForm(props: {
  name: string
  slug: string
  setName: (text: string) => void
  setSlug: (text: string) => void
  error: unknown
  /** The problem is shown at its field already. */
  named: boolean
  submit: (event: SubmitEvent) => void
}): JSX.Element {
  return (
    <form id="new-client" class={css.form} onSubmit={(event) => props.submit(event)}>
      <Field
        label="Name"
        placeholder="Halcyon Robotics"
        maxLength={80}
        required
        autocomplete="off"
        value={props.name}
        onText={props.setName}
        error={fieldError(props.error, 'name')}
      />
      <Field
        label="Slug"
        mono
        maxLength={48}
        autocomplete="off"
        placeholder={suggestSlug(props.name) || 'halcyon-robotics'}
        hint="Names the organization in addresses. Left empty, it is made from the name."
        value={props.slug}
        onText={props.setSlug}
        error={fieldError(props.error, 'slug')}
      />
      <Show when={props.error && !props.named}>
        <FormProblem error={props.error} />
      </Show>
    </form>
  )
}

function suggestSlug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 48)
}
