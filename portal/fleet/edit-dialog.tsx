import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, type Device, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, SwitchField } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './edit-dialog.module.css'
import { addressOf, facetsQuery, groupsQuery, refreshDevices } from './fleet-queries.ts'
import { Suggestions } from './suggestions.tsx'

const FIELDS = ['name', 'dsn', 'type', 'environment', 'group_ids']

/** What is filled in; what nobody touched is not sent, so that it cannot undo what somebody else changed. */
interface Draft {
  name?: string
  dsn?: string
  type?: string
  environment?: string
  maintenance?: boolean
  group_ids?: string[]
}

function createEditForm(device: Device, close: () => void) {
  const [draft, setDraft] = createSignal<Draft>({})
  const value = () => ({
    name: device.name,
    dsn: device.dsn ?? '',
    type: device.type ?? '',
    environment: device.environment ?? '',
    maintenance: device.status === 'maintenance',
    group_ids: device.groups.map(({ id }) => id),
    ...draft(),
  })
  const submission = createSubmission(async () => {
    const { name, dsn, type, environment, ...rest } = draft()
    await api.fleet.update.mutate({
      ...addressOf(device),
      ...rest,
      ...(name === undefined ? {} : { name: name.trim() }),
      ...orNull({ dsn, type, environment }),
    })
    await refreshDevices()
    toast({ title: 'Saved' })
    close()
  })
  const change = (part: Draft): void => {
    submission.forget()
    setDraft((before) => ({ ...before, ...part }))
  }
  return { value, change, ...submission }
}

/** An emptied field takes its value away; an untouched one says nothing. */
function orNull(fields: Record<string, string | undefined>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text.trim() || null]],
    ),
  )
}

/** What a device is called and where it belongs. */
export function EditDialog(props: { device: Device; close: () => void }): JSX.Element {
  const { device, close } = props
  const form = createEditForm(device, close)
  const facets = useQuery(() => facetsQuery({ org: device.organization, project: device.project }))
  const wrong = (name: string) => fieldError(form.error(), name) ?? ''
  return (
    <Dialog
      open
      wide
      onClose={close}
      title={`Edit ${device.name}`}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" form="edit-device" variant="primary" busy={form.busy()}>
            Save
          </Button>
        </>
      }
    >
      <form id="edit-device" class={css.form} onSubmit={form.submit}>
        <div class={css.pair}>
          <Field
            label="Name"
            mono
            maxLength={64}
            required
            autocomplete="off"
            hint="Its old name goes on meaning it."
            value={form.value().name}
            onText={(name) => form.change({ name })}
            error={wrong('name')}
          />
          <Field
            label="Serial number"
            mono
            maxLength={120}
            autocomplete="off"
            hint="Episodes may name the robot by it."
            value={form.value().dsn}
            onText={(dsn) => form.change({ dsn })}
            error={wrong('dsn')}
          />
          <Field
            label="Type"
            placeholder="arm"
            list="edit-types"
            maxLength={64}
            autocomplete="off"
            value={form.value().type}
            onText={(type) => form.change({ type })}
            error={wrong('type')}
          />
          <Field
            label="Environment"
            placeholder="production"
            list="edit-environments"
            maxLength={64}
            autocomplete="off"
            value={form.value().environment}
            onText={(environment) => form.change({ environment })}
            error={wrong('environment')}
          />
        </div>
        <GroupChoice
          device={device}
          chosen={form.value().group_ids}
          choose={(group_ids) => form.change({ group_ids })}
        />
        <SwitchField
          label="In maintenance"
          hint="Somebody works on it: it counts as neither online nor offline, whatever its heartbeats say."
          on={form.value().maintenance}
          onSwitch={(maintenance) => form.change({ maintenance })}
        />
        <Suggestions id="edit-types" of={facets.isSuccess ? facets.data.types : []} />
        <Suggestions id="edit-environments" of={facets.isSuccess ? facets.data.environments : []} />
        <FormProblem error={form.error()} except={FIELDS} />
      </form>
    </Dialog>
  )
}

function GroupChoice(props: {
  device: Device
  chosen: string[]
  choose: (group_ids: string[]) => void
}): JSX.Element {
  const groups = useQuery(() => groupsQuery(props.device.organization, props.device.project))
  return (
    <Show when={groups.isSuccess && groups.data.length > 0 && groups.data}>
      {(all) => (
        <fieldset class={css.groups}>
          <legend>Groups</legend>
          <For each={all()}>
            {(group) => (
              <label>
                <input
                  type="checkbox"
                  checked={props.chosen.includes(group.id)}
                  onChange={(event) =>
                    props.choose(
                      event.currentTarget.checked
                        ? [...props.chosen, group.id]
                        : props.chosen.filter((id) => id !== group.id),
                    )
                  }
                />
                <bdi>{group.name}</bdi>
              </label>
            )}
          </For>
        </fieldset>
      )}
    </Show>
  )
}
