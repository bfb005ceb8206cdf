import { useNavigate } from '@solidjs/router'
import { createSignal, type JSX } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { slugOf } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './clients.module.css'

/** Makes an organization, then opens its page. */
export function NewClientDialog(props: { open: boolean; close: () => void }): JSX.Element {
  const [name, setName] = createSignal('')
  const [slug, setSlug] = createSignal('')
  const navigate = useNavigate()
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
        placeholder={slugOf(props.name) || 'halcyon-robotics'}
        hint="Names the organization in addresses. Left empty, it is made from the name."
        value={props.slug}
        onText={props.setSlug}
        error={fieldError(props.error, 'slug')}
      />
      <FormProblem error={props.error} except={['name', 'slug']} />
    </form>
  )
}
