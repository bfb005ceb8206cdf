import { useNavigate, useParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import Pencil from 'lucide-solid/icons/pencil'
import Wrench from 'lucide-solid/icons/wrench'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { type DeviceDetail, type Organization, problemOf } from '../api.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { Button, LinkButton } from '../ui/button.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { BackLink, PageHead, Section, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { setMaintenance } from './change-devices.ts'
import { DeviceEpisodes, RecordingNow } from './device-episodes.tsx'
import { MakeDeviceKey } from './device-key.tsx'
import { DeviceKeys } from './device-keys.tsx'
import { ClockWarning, DeviceStrip } from './device-strip.tsx'
import { DoorPanel } from './door-panel.tsx'
import { EditDialog } from './edit-dialog.tsx'
import css from './fleet.module.css'
import { deviceQuery, type Place } from './fleet-queries.ts'
import { HealthPanel } from './health-panel.tsx'
import { mayWork } from './may-work.ts'
import { RemoveDevices } from './remove-devices.tsx'
import { robotSnippets } from './snippets.ts'
import { UnconfirmedNote } from './unconfirmed-note.tsx'

/** `/portal/devices/:device`: one robot, live: how it is, what it does, which keys it has and who may log in to it. */
export function DevicePage(): JSX.Element {
  const session = useSession()
  return (
    <Show when={session.place()} fallback={<NoOrganization />}>
      {(place) => <FoundDevice place={place()} />}
    </Show>
  )
}

function FoundDevice(props: { place: Place }): JSX.Element {
  const session = useSession()
  const params = useParams<{ device: string }>()
  const device = useQuery(() => deviceQuery(props.place, params.device))
  useTitle(() => (device.isSuccess ? device.data.name : 'Device'))
  return (
    <Switch fallback={<div aria-busy="true" />}>
      <Match when={device.isError && problemOf(device.error).code === 'not_found'}>
        <EmptyState page title="There is no such device">
          <LinkButton href={session.href('/portal/devices')}>All devices</LinkButton>
        </EmptyState>
      </Match>
      <Match when={device.isError && !device.isSuccess}>
        <PageProblem error={device.error} retry={() => device.refetch()} />
      </Match>
      <Match when={device.isSuccess && device.data}>
        {(found) => (
          <Show when={session.organization()}>
            {(organization) => <DeviceParts device={found()} organization={organization()} />}
          </Show>
        )}
      </Match>
    </Switch>
  )
}

interface PartsProps {
  device: DeviceDetail
  organization: Organization
}

function DeviceParts(props: PartsProps): JSX.Element {
  const session = useSession()
  const role = () => (session.me().account.staff ? 'admin' : props.organization.role)
  return (
    <>
      <Head {...props} />
      <Show when={!props.device.confirmed}>
        <UnconfirmedNote device={props.device} mayWork={mayWork(session)} />
      </Show>
      <DeviceStrip device={props.device} />
      <ClockWarning device={props.device} />
      <Show when={props.device.current_session_id} keyed>
        {(id) => <RecordingNow id={id} />}
      </Show>
      <HealthPanel device={props.device} />
      <DeviceEpisodes device={props.device} />
      <DeviceKeys device={props.device} organization_id={props.organization.id} ownRole={role()} />
      <DoorPanel device={props.device} mayWork={mayWork(session)} />
      <Section
        title="Set up its sshd"
        note="Once, as root on the robot. It keeps the list, so that its people get in while this server is out of reach."
        actions={
          <Show when={mayWork(session)}>
            <MakeDeviceKey device={props.device} organization_id={props.organization.id} />
          </Show>
        }
      >
        <CodeTabs label="Set up the robot" snippets={robotSnippets(props.device, session.me().public_url)} />
      </Section>
    </>
  )
}

function Head(props: PartsProps): JSX.Element {
  const session = useSession()
  const navigate = useNavigate()
  const [open, setOpen] = createSignal<'edit' | 'remove'>()
  const close = (): void => {
    setOpen(undefined)
  }
  const inMaintenance = () => props.device.status === 'maintenance'
  return (
    <>
      <BackLink href={session.href('/portal/devices')}>Devices</BackLink>
      <PageHead title={props.device.name}>
        <Show when={mayWork(session)}>
          <Button onClick={() => setMaintenance([props.device], !inMaintenance())}>
            <Wrench size={14} aria-hidden="true" />{' '}
            {inMaintenance() ? 'End maintenance' : 'Start maintenance'}
          </Button>
          <Button onClick={() => setOpen('edit')}>
            <Pencil size={14} aria-hidden="true" /> Edit
          </Button>
          <Button onClick={() => setOpen('remove')}>Remove</Button>
        </Show>
      </PageHead>
      <Facts device={props.device} />
      <Switch>
        <Match when={open() === 'edit'}>
          <EditDialog device={props.device} close={close} />
        </Match>
        <Match when={open() === 'remove'}>
          <RemoveDevices
            devices={[props.device]}
            close={close}
            removed={() => navigate(session.href('/portal/devices'))}
          />
        </Match>
      </Switch>
    </>
  )
}

function Facts(props: { device: DeviceDetail }): JSX.Element {
  const names = () => props.device.robot_names.filter((name) => name !== props.device.dsn)
  return (
    <p class={css.facts}>
      <span>
        Id&nbsp;<code>{props.device.id}</code> <CopyButton text={props.device.id} what="device id" />
      </span>
      <Show when={props.device.dsn}>
        {(dsn) => (
          <span>
            Serial number&nbsp;<code>{dsn()}</code>
          </span>
        )}
      </Show>
      <span>
        Project&nbsp;<code>{props.device.project}</code>
      </span>
      <Show when={names().length > 0}>
        <span title="What else the robot of an episode may say to mean this device">
          Also known as&nbsp;
          <bdi class={css.names}>{names().join(', ')}</bdi>
        </span>
      </Show>
      <span>
        Added&nbsp;
        <Time at={props.device.created_at} />
      </span>
    </p>
  )
}
