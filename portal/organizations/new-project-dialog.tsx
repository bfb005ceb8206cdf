import { createSignal, type JSX } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { slugOf } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './organization.module.css'
import { refreshOrganization } from './organization-queries.ts'

/** Makes a project. */
export function NewProjectDialog(props: {
  organization_id: string
  open: boolean
  close: () => void
  /** Once it is there. */
  made?: (project: { slug: string }) => void
}): JSX.Element {
  const [name, setName] = createSignal('')
  const [slug, setSlug] = createSignal('')
  const { error, busy, submit, forget } = createSubmission(async () => {
    const { organization_id } = props
    const wish = { name: name().trim(), slug: slug().trim() || undefined }
    const project = await api.organization.createProject.mutate({ organization_id, ...wish })
    await refreshOrganization(organization_id)
    close()
    toast({ title: 'Project created', detail: `In addresses and scripts it is called ${project.slug}.` })
    props.made?.(project)
  })
  const close = (): void => {
    forget()
    setName('')
    setSlug('')
    props.close()
  }
  return (
    <Dialog
      open={props.open}
      onClose={close}
      title="New project"
      description="For episodes, devices and software that belong together. Everybody in the organization sees it."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" form="new-project" variant="primary" busy={busy()}>
            Create project
          </Button>
        </>
      }
    >
      <form id="new-project" class={css.form} onSubmit={submit}>
        <Field
          label="Name"
          placeholder="Warehouse"
          maxLength={80}
          required
          autocomplete="off"
          value={name()}
          onText={setName}
          error={fieldError(error(), 'name')}
        />
        <Field
          label="Slug"
          mono
          maxLength={48}
          autocomplete="off"
          placeholder={slugOf(name()) || 'warehouse'}
          hint="Names the project in addresses and scripts, and stays. Left empty, it is made from the name."
          value={slug()}
          onText={setSlug}
          error={fieldError(error(), 'slug')}
        />
        <FormProblem error={error()} except={['name', 'slug']} />
      </form>
    </Dialog>
  )
}
