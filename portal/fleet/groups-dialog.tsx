import { useQuery } from '@tanstack/solid-query'
import Pencil from 'lucide-solid/icons/pencil'
import Trash from 'lucide-solid/icons/trash'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { DeviceGroup } from '../../sdk/wire.ts'
import { api, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { groupsQuery, refreshDevices } from './fleet-queries.ts'
import css from './groups-dialog.module.css'
import { devices as devicesOf } from './words.ts'

interface At {
  org: string
  project: string
}

type Acting = { group: DeviceGroup; act: 'edit' | 'remove' }

/** The groups of a project, which is called `of`: made, renamed, described and removed. */
export function GroupsDialog(props: At & { of: string; close: () => void }): JSX.Element {
  const groups = useQuery(() => groupsQuery(props.org, props.project))
  const [acting, setActing] = createSignal<Acting>()
  let body: HTMLDivElement | undefined
  const done = (): void => {
    setActing(undefined)
    // The button that was pressed is gone, and a dialog without the focus would not hear Escape.
    queueMicrotask(() => body?.querySelector('input')?.focus())
  }
  const isActing = (id: string, act: Acting['act']) => acting()?.group.id === id && acting()?.act === act
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      title={`Device groups of ${props.of}`}
      description="A device may be in several. Groups narrow the list, and an enrolment token can put its robots into one."
    >
      <div class={css.body} ref={body}>
        <FormProblem error={groups.error} />
        <ul class={css.list} aria-label="Groups">
          <For each={groups.isSuccess ? groups.data : []}>
            {(group) => (
              <li>
                <Switch
                  fallback={
                    <GroupLine
                      group={group}
                      edit={() => setActing({ group, act: 'edit' })}
                      remove={() => setActing({ group, act: 'remove' })}
                    />
                  }
                >
                  <Match when={isActing(group.id, 'edit')}>
                    <GroupForm {...props} group={group} done={done} />
                  </Match>
                  <Match when={isActing(group.id, 'remove')}>
                    <RemoveGroup {...props} group={group} done={done} />
                  </Match>
                </Switch>
              </li>
            )}
          </For>
        </ul>
        <Show when={!acting()}>
          <GroupForm {...props} done={() => {}} />
        </Show>
      </div>
    </Dialog>
  )
}

function GroupLine(props: { group: DeviceGroup; edit: () => void; remove: () => void }): JSX.Element {
  return (
    <div class={css.line}>
      <div>
        <p class={css.name}>
          <bdi>{props.group.name}</bdi> <span class={css.dim}>{devicesOf(props.group.device_count)}</span>
        </p>
        <Show when={props.group.description}>
          <p class={css.dim}>
            <bdi>{props.group.description}</bdi>
          </p>
        </Show>
      </div>
      <Button size="sm" variant="ghost" icon aria-label={`Edit ${props.group.name}`} onClick={props.edit}>
        <Pencil size={14} aria-hidden="true" />
      </Button>
      <Button size="sm" variant="ghost" icon aria-label={`Remove ${props.group.name}`} onClick={props.remove}>
        <Trash size={14} aria-hidden="true" />
      </Button>
    </div>
  )
}

/** Makes a group, or changes one. */
function GroupForm(props: At & { group?: DeviceGroup; done: () => void }): JSX.Element {
  const [name, setName] = createSignal(props.group?.name ?? '')
  const [description, setDescription] = createSignal(props.group?.description ?? '')
  const { error, busy, submit, forget } = createSubmission(async () => {
    const { org, project, group } = props
    const words = { name: name().trim(), description: description().trim() }
    if (group) await api.fleet.updateGroup.mutate({ org, project, group: group.id, ...words })
    else {
      await api.fleet.createGroup.mutate({ org, project, ...words })
      setName('')
      setDescription('')
    }
    await refreshDevices()
    props.done()
  })
  const type = (set: (text: string) => void) => (text: string) => {
    forget()
    set(text)
  }
  return (
    <form
      ref={(form) => {
        // The button that was pressed is gone: the focus goes on to what came in its place.
        if (props.group) queueMicrotask(() => form.querySelector('input')?.focus())
      }}
      class={css.form}
      aria-label={props.group ? `Edit ${props.group.name}` : 'New group'}
      onSubmit={submit}
    >
      <Field
        label={props.group ? 'Name' : 'New group'}
        placeholder="Line 2"
        maxLength={64}
        required
        autocomplete="off"
        value={name()}
        onText={type(setName)}
        error={fieldError(error(), 'name')}
      />
      <Field
        label="Description"
        placeholder="Where it is, what it is for"
        maxLength={500}
        autocomplete="off"
        value={description()}
        onText={type(setDescription)}
        error={fieldError(error(), 'description')}
      />
      <div class={css.actions}>
        <Button type="submit" busy={busy()}>
          {props.group ? 'Save' : 'Make group'}
        </Button>
        <Show when={props.group}>
          <Button variant="ghost" onClick={props.done}>
            Cancel
          </Button>
        </Show>
      </div>
      <FormProblem error={error()} except={['name', 'description']} />
    </form>
  )
}

function RemoveGroup(props: At & { group: DeviceGroup; done: () => void }): JSX.Element {
  const { error, busy, submit } = createSubmission(async () => {
    const { org, project, group } = props
    await api.fleet.removeGroup.mutate({ org, project, group: group.id })
    await refreshDevices()
    toast({ title: `Group ${group.name} removed`, detail: 'Its devices stay.' })
    props.done()
  })
  return (
    <div
      ref={(box) => queueMicrotask(() => box.querySelector('button')?.focus())}
      class={css.removal}
      role="alert"
    >
      <p>
        Remove <strong>{props.group.name}</strong>? {devicesOf(props.group.device_count)} lose it and stay in
        the fleet; enrolment tokens put nobody into it any more.
      </p>
      <div class={css.actions}>
        <Button variant="danger" busy={busy()} onClick={submit}>
          Remove group
        </Button>
        <Button variant="ghost" onClick={props.done}>
          Cancel
        </Button>
      </div>
      <FormProblem error={error()} />
    </div>
  )
}
