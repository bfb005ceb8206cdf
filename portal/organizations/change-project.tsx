import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { type ApiKey, api, fieldError, type ProjectRow } from '../api.ts'
import { apiKeysQuery, isLive } from '../api-keys/key-facts.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { count } from '../ui/format.ts'
import { FormProblem, toastProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Time, useNow } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import css from './organization.module.css'
import { refreshOrganization } from './organization-queries.ts'

interface ChangeProps {
  organization_id: string
  /** Undefined while nothing is asked. */
  project: ProjectRow | undefined
  close: () => void
}

/** Another name; the slug stays. */
export function RenameProject(props: ChangeProps): JSX.Element {
  return (
    <Show when={props.project} keyed>
      {(project) => <Rename organization_id={props.organization_id} project={project} close={props.close} />}
    </Show>
  )
}

function Rename(props: ChangeProps & { project: ProjectRow }): JSX.Element {
  const [name, setName] = createSignal(props.project.name)
  const { error, busy, submit } = createSubmission(async () => {
    const { organization_id } = props
    const { id: project } = props.project
    await api.organization.changeProject.mutate({ organization_id, project, name: name() })
    await refreshOrganization(organization_id)
    props.close()
    toast({ title: 'Project renamed' })
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Rename ${props.project.name}`}
      description={
        <>
          In addresses and scripts it stays <code>{props.project.slug}</code>.
        </>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="rename-project" variant="primary" busy={busy()}>
            Rename
          </Button>
        </>
      }
    >
      <form id="rename-project" class={css.form} onSubmit={submit}>
        <Field
          label="Name"
          maxLength={80}
          required
          autocomplete="off"
          value={name()}
          onText={setName}
          error={fieldError(error(), 'name')}
        />
        <FormProblem error={error()} except={['name']} />
      </form>
    </Dialog>
  )
}

/** Says by name what will be refused from then on. */
export function ArchiveProject(props: ChangeProps): JSX.Element {
  const title = () => `Archive ${props.project?.name ?? ''}?`
  return (
    <AskDialog
      open={props.project !== undefined}
      close={props.close}
      title={title()}
      verb="Archive"
      description={
        <Show when={props.project}>
          {(project) => (
            <>
              It takes no new episodes, devices or changes from then on: whoever logs to{' '}
              <code>{project().slug}</code> is refused. {whatStays(project())} It can be restored at any time.
            </>
          )}
        </Show>
      }
      act={async () => {
        const { project } = props
        if (!project) return
        await setArchived(props.organization_id, project, true)
        toast({
          title: 'Project archived',
          detail: `${project.name} can be read, and takes nothing new.`,
          action: { label: 'Undo', run: () => void restoreProject(props.organization_id, project) },
        })
      }}
    >
      <Show when={props.project} keyed>
        {(project) => <PinnedKeys organization_id={props.organization_id} project={project} />}
      </Show>
    </AskDialog>
  )
}

function whatStays({ episode_count, device_count }: ProjectRow): string {
  if (episode_count + device_count === 0) return 'It holds nothing yet.'
  return `Its ${count(episode_count, 'episode')} and ${count(device_count, 'device')} stay and can be read.`
}

/** The keys that are good for this project alone: with it archived they log nothing at all. */
function PinnedKeys(props: { organization_id: string; project: ProjectRow }): JSX.Element {
  const now = useNow()
  const keys = useQuery(() => apiKeysQuery(props.organization_id))
  const pinned = (): ApiKey[] =>
    keys.isSuccess
      ? keys.data.filter((key) => key.project?.id === props.project.id && isLive(key, now()))
      : []
  return (
    <Show when={pinned().length > 0}>
      <div class={css.named}>
        <p>
          {pinned().length === 1 ? 'This key logs here only' : 'These keys log here only'}, and will be
          refused:
        </p>
        <ul>
          <For each={pinned().slice(0, 8)}>
            {(key) => (
              <li>
                <bdi>{key.label}</bdi>{' '}
                <span class={css.dim}>
                  <Show when={key.last_used_at} fallback="never used">
                    {(at) => (
                      <>
                        used <Time at={at()} />
                      </>
                    )}
                  </Show>
                </span>
              </li>
            )}
          </For>
        </ul>
        <Show when={pinned().length > 8}>
          <p class={css.dim}>and {pinned().length - 8} more</p>
        </Show>
      </div>
    </Show>
  )
}

/** Takes new episodes and devices again. */
export async function restoreProject(organization_id: string, project: ProjectRow): Promise<void> {
  try {
    await setArchived(organization_id, project, false)
    toast({ title: 'Project restored', detail: `${project.name} takes episodes and devices again.` })
  } catch (error) {
    toastProblem('The project was not restored', error)
  }
}

async function setArchived(organization_id: string, { id }: ProjectRow, archived: boolean): Promise<void> {
  await api.organization.changeProject.mutate({ organization_id, project: id, archived })
  await refreshOrganization(organization_id)
}
