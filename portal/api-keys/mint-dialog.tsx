import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError, type Organization } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ChoiceField, Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { keyPolicyQuery } from './key-facts.ts'
import css from './key-fields.module.css'
import { endOf, type Life, LifeFields, type Scope, ScopeFields, USUAL_SCOPES } from './key-fields.tsx'
import { RevealDialog } from './reveal-dialog.tsx'

const FIELDS = ['label', 'note', 'scopes', 'expires_at', 'project_id', 'device_id']

function createMintForm(props: { organization_id: string }) {
  const [label, setLabel] = createSignal('')
  const [note, setNote] = createSignal('')
  const [scopes, setScopes] = createSignal<Scope[]>(USUAL_SCOPES)
  const [kind, setKind] = createSignal<'service' | 'personal'>('service')
  const [pin, setPin] = createSignal('')
  const [life, setLife] = createSignal<Life>({ choice: '', date: '' })
  // Kept here and nowhere else: no cache, no storage, no address ever holds the key.
  const [minted, setMinted] = createSignal<{ key: string; label: string }>()
  const submission = createSubmission(async () => {
    const [what, id] = pin().split(':')
    const { key, api_key } = await api.apiKeys.mint.mutate({
      organization_id: props.organization_id,
      label: label().trim(),
      note: note(),
      scopes: scopes(),
      kind: kind(),
      expires_at: endOf(life(), Date.now()),
      ...(what === 'project' ? { project_id: id } : {}),
      ...(what === 'device' ? { device_id: id } : {}),
    })
    setMinted({ key, label: api_key.label })
    await queryClient.invalidateQueries({ queryKey: ['api-keys', props.organization_id] })
  })
  return {
    label,
    setLabel,
    note,
    setNote,
    scopes,
    setScopes,
    kind,
    setKind,
    pin,
    setPin,
    life,
    setLife,
    minted,
    ...submission,
  }
}

/** Asks what the key is for and what it may do, mints, then shows it: the only moment its text exists in the portal. */
export function MintDialog(props: {
  organization_id: string
  ownRole: Organization['role']
  close: () => void
}): JSX.Element {
  const form = createMintForm(props)
  return (
    <Show
      when={form.minted()}
      fallback={
        <Dialog
          open
          wide
          onClose={props.close}
          title="New API key"
          description="The label reminds you what the key is for. One key for each robot, laptop or CI job is a good habit: revoking it stops one thing."
          footer={
            <>
              <Button onClick={props.close}>Cancel</Button>
              <Button type="submit" form="mint" variant="primary" busy={form.busy()}>
                Create key
              </Button>
            </>
          }
        >
          <MintForm form={form} organization_id={props.organization_id} ownRole={props.ownRole} />
        </Dialog>
      }
    >
      {(one) => <RevealDialog api_key={one().key} label={one().label} close={props.close} />}
    </Show>
  )
}

function MintForm(props: {
  form: ReturnType<typeof createMintForm>
  organization_id: string
  ownRole: Organization['role']
}): JSX.Element {
  const policy = useQuery(() => keyPolicyQuery(props.organization_id))
  const wrong = (name: string) => fieldError(props.form.error(), name)
  return (
    <form id="mint" class={css.form} onSubmit={props.form.submit}>
      <Field
        label="Label"
        placeholder="prod robot rig"
        maxLength={80}
        required
        autocomplete="off"
        value={props.form.label()}
        onText={props.form.setLabel}
        error={wrong('label') ?? ''}
      />
      <ScopeFields
        chosen={props.form.scopes()}
        admin={props.ownRole === 'owner' || props.ownRole === 'admin'}
        onChoose={props.form.setScopes}
        error={wrong('scopes')}
      />
      <div class={css.pair}>
        <PinField
          organization_id={props.organization_id}
          pin={props.form.pin()}
          onPin={props.form.setPin}
          error={wrong('project_id') ?? wrong('device_id')}
        />
        <LifeFields
          life={props.form.life()}
          longest={policy.isSuccess ? policy.data.key_days_max : null}
          onLife={props.form.setLife}
          error={wrong('expires_at')}
        />
      </div>
      <ChoiceField
        label="Belongs to"
        choices={[
          { value: 'service', words: 'The organization' },
          { value: 'personal', words: 'Me' },
        ]}
        hint={
          props.form.kind() === 'service'
            ? 'It goes on working when you leave.'
            : 'It never has more rights than you, and ends with your membership.'
        }
        value={props.form.kind()}
        onChoice={(kind) => props.form.setKind(kind === 'personal' ? 'personal' : 'service')}
      />
      <Field
        label="Note"
        placeholder="Where it is, who to ask"
        maxLength={500}
        autocomplete="off"
        value={props.form.note()}
        onText={props.form.setNote}
        error={wrong('note') ?? ''}
      />
      <FormProblem error={props.form.error()} except={FIELDS} />
    </form>
  )
}

/** The one project or device that the key is good for. */
function PinField(props: {
  organization_id: string
  pin: string
  onPin: (pin: string) => void
  error: string | undefined
}): JSX.Element {
  const pins = useQuery(() => ({
    queryKey: ['key-pins', props.organization_id],
    queryFn: () => api.apiKeys.pins.query({ organization_id: props.organization_id }),
  }))
  const choices = () => [
    { value: '', words: 'The whole organization' },
    ...(pins.isSuccess
      ? [
          ...pins.data.projects.map(({ id, name }) => ({
            value: `project:${id}`,
            words: `Only project ${name}`,
          })),
          ...pins.data.devices.map(({ id, name }) => ({
            value: `device:${id}`,
            words: `Only device ${name}`,
          })),
        ]
      : []),
  ]
  return (
    <ChoiceField
      label="Good for"
      choices={choices()}
      value={props.pin}
      onChoice={props.onPin}
      error={props.error ?? ''}
    />
  )
}
