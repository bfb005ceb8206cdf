import { A, useNavigate, useParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, type Device, type Organization, problemOf } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { Button, LinkButton } from '../ui/button.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { PageHead, Section, useTitle } from '../ui/page.tsx'
import { FormProblem, PageProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { MakeDeviceKey } from './device-key.tsx'
import { DoorPanel } from './door-panel.tsx'
import css from './fleet.module.css'
import { deviceQuery, PROJECT } from './fleet-queries.ts'
import { robotSnippets } from './snippets.ts'

/** `/portal/devices/:device`: one robot, and who may log in to it. */
export function DevicePage(): JSX.Element {
  const session = useSession()
  return (
    <Show when={session.organization()} fallback={<NoOrganization />} keyed>
      {(organization) => <FoundDevice organization={organization} />}
    </Show>
  )
}

function FoundDevice(props: { organization: Organization }): JSX.Element {
  const session = useSession()
  const params = useParams<{ device: string }>()
  const device = useQuery(() => deviceQuery(props.organization.slug, params.device))
  useTitle(() => (device.isSuccess ? device.data.name : 'Device'))
  return (
    <Switch fallback={<div aria-busy="true" />}>
      <Match when={device.isError && problemOf(device.error).code === 'not_found'}>
        <EmptyState page title="There is no such device">
          <LinkButton href={session.href('/portal/devices')}>All devices</LinkButton>
        </EmptyState>
      </Match>
      <Match when={device.isError}>
        <PageProblem error={device.error} retry={() => device.refetch()} />
      </Match>
      <Match when={device.isSuccess && device.data}>
        {(found) => <DeviceParts device={found()} organization={props.organization} />}
      </Match>
    </Switch>
  )
}

function DeviceParts(props: { device: Device; organization: Organization }): JSX.Element {
  const session = useSession()
  const [removing, setRemoving] = createSignal(false)
  const mayWork = () => session.me().account.staff || props.organization.role !== 'viewer'
  return (
    <>
      <A class={css.back} href={session.href('/portal/devices')}>
        <ChevronLeft size={14} aria-hidden="true" /> Devices
      </A>
      <PageHead
        title={props.device.name}
        note={
          <span class={css.facts}>
            <span>
              Id&nbsp;<code>{props.device.id}</code> <CopyButton text={props.device.id} what="device id" />
            </span>
            <span>
              Project&nbsp;<code>{props.device.project}</code>
            </span>
            <span>
              Added&nbsp;
              <Time at={props.device.created_at} />
            </span>
          </span>
        }
      >
        <Show when={mayWork()}>
          <Button onClick={() => setRemoving(true)}>Remove device</Button>
        </Show>
      </PageHead>
      <DoorPanel device={props.device} org={props.organization.slug} mayWork={mayWork()} />
      <Section
        title="Set up its sshd"
        note="Once, as root on the robot. It keeps the list, so that its people get in while this server is out of reach."
        actions={
          <Show when={mayWork()}>
            <MakeDeviceKey device={props.device} organization={props.organization} />
          </Show>
        }
      >
        <CodeTabs label="Set up the robot" snippets={robotSnippets(props.device, session.me().public_url)} />
      </Section>
      <RemoveDevice
        device={props.device}
        org={props.organization.slug}
        open={removing()}
        close={() => setRemoving(false)}
      />
    </>
  )
}

function RemoveDevice(props: { device: Device; org: string; open: boolean; close: () => void }): JSX.Element {
  const session = useSession()
  const navigate = useNavigate()
  const { error, busy, submit } = createSubmission(async () => {
    await api.fleet.remove.mutate({ org: props.org, project: PROJECT, device: props.device.id })
    await queryClient.invalidateQueries({ queryKey: ['devices', props.org] })
    toast({
      title: 'Device removed',
      detail: `Nobody logs in to ${props.device.name} through here any more.`,
    })
    navigate(session.href('/portal/devices'))
  })
  return (
    <Dialog
      open={props.open}
      onClose={props.close}
      title={`Remove ${props.device.name}?`}
      description="From its next contact on it lets nobody in by a key from here, and API keys that are good for only this device stop working at once. Its episodes stay."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} onClick={submit}>
            Remove device
          </Button>
        </>
      }
    >
      <FormProblem error={error()} />
    </Dialog>
  )
}
