import { useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import FolderTree from 'lucide-solid/icons/folder-tree'
import Plus from 'lucide-solid/icons/plus'
import SearchX from 'lucide-solid/icons/search-x'
import { createEffect, createMemo, createSignal, type JSX, Match, on, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Device } from '../api.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { createSelection } from '../ui/selection.ts'
import { DeviceList } from './device-list.tsx'
import { createDevicePages, type DevicePages } from './device-pages.ts'
import { EnrolDialog } from './enrol-dialog.tsx'
import { EnrolmentTokens } from './enrolment-tokens.tsx'
import { type DeviceFilter, FILTER_NAMES, type FilterName, readFilter } from './filter.ts'
import { FilterBar } from './filter-bar.tsx'
import { FirstDevice } from './first-device.tsx'
import { facetsQuery, type Place } from './fleet-queries.ts'
import { GroupsDialog } from './groups-dialog.tsx'
import { mayEnrol, mayWork } from './may-work.ts'
import { NewDeviceDialog } from './new-device-dialog.tsx'
import { MOST_SELECTED } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'
import { UnconfirmedLine } from './unconfirmed-line.tsx'
import { UnconfirmedList } from './unconfirmed-list.tsx'
import { devices as devicesOf } from './words.ts'

/** `/portal/devices`: the fleet of a project, or of all of them. */
export function DevicesPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Devices')
  return (
    <Show when={session.place()} fallback={<NoOrganization />}>
      {(place) => <Devices place={place()} />}
    </Show>
  )
}

type Opened = 'enrol' | 'new' | 'groups'

function Devices(props: { place: Place }): JSX.Element {
  const session = useSession()
  const [search, setSearch] = useSearchParams()
  const filter = createMemo(() => readFilter(search))
  const pages = createDevicePages(() => ({ place: props.place, filter: filter() }))
  const [open, setOpen] = createSignal<Opened>()
  const close = (): void => {
    setOpen(undefined)
  }
  const isEmpty = () => !pages.pending() && pages.total() === 0 && Object.keys(filter()).length === 0
  const set = createFilterSetter(filter, setSearch)
  return (
    <>
      <PageHead
        title="Devices"
        note={
          <UnconfirmedLine
            n={filter().unconfirmed ? 0 : (pages.counts()?.unconfirmed ?? 0)}
            review={() => set({ unconfirmed: '1', status: undefined })}
          />
        }
      >
        <Show when={mayWork(session)}>
          <Button onClick={() => setOpen('groups')}>
            <FolderTree size={14} aria-hidden="true" /> Groups
          </Button>
          <Button onClick={() => setOpen('new')}>New device</Button>
        </Show>
        <Show when={mayEnrol(session)}>
          <Button variant={isEmpty() ? 'secondary' : 'primary'} onClick={() => setOpen('enrol')}>
            <Plus size={15} aria-hidden="true" /> Enrol devices
          </Button>
        </Show>
      </PageHead>
      <Switch>
        <Match when={pages.total() === undefined && pages.error()}>
          {(error) => <PageProblem error={error()} retry={pages.retry} />}
        </Match>
        <Match when={isEmpty()}>
          <FirstDevice enrol={() => setOpen('enrol')} mayEnrol={mayEnrol(session)} />
        </Match>
        <Match when={true}>
          <Fleet place={props.place} filter={filter()} set={set} pages={pages} />
        </Match>
      </Switch>
      <Show when={session.home()}>
        {(home) => (
          <EnrolmentTokens
            org={props.place.org}
            project={home().slug}
            named={props.place.project === null ? home().name : undefined}
            mayRevoke={mayEnrol(session)}
          />
        )}
      </Show>
      <Show when={open() && session.home()}>
        {(home) => (
          <Switch>
            <Match when={open() === 'enrol'}>
              <EnrolDialog org={props.place.org} project={home().slug} into={home().name} close={close} />
            </Match>
            <Match when={open() === 'new'}>
              <NewDeviceDialog org={props.place.org} project={home().slug} into={home().name} close={close} />
            </Match>
            <Match when={open() === 'groups'}>
              <GroupsDialog org={props.place.org} project={home().slug} of={home().name} close={close} />
            </Match>
          </Switch>
        )}
      </Show>
    </>
  )
}

type FilterChange = Partial<Record<FilterName, string | undefined>>

/** Changes the address. What is not in it yet when the next change comes goes along with that one. */
function createFilterSetter(
  filter: () => DeviceFilter,
  setSearch: (change: Record<string, string | null>, options: { replace: boolean }) => void,
): (change: FilterChange) => void {
  let pending: Record<string, string | null> = {}
  createEffect(
    on(filter, () => {
      pending = {}
    }),
  )
  return (change) => {
    for (const [name, value] of Object.entries(change)) pending[name] = value ?? null
    // A letter more in the search is not a page to go back to.
    setSearch(pending, { replace: 'text' in change })
  }
}

interface FleetProps {
  place: Place
  filter: DeviceFilter
  set: (change: FilterChange) => void
  pages: DevicePages
}

/** The table, what narrows it, and what is done to several at once. */
function Fleet(props: FleetProps): JSX.Element {
  const session = useSession()
  const facets = useQuery(() => facetsQuery(props.place))
  const selection = createSelection<Device>(MOST_SELECTED)
  const clear = (): void => props.set(Object.fromEntries(FILTER_NAMES.map((name) => [name, undefined])))
  const none = () => !props.pages.pending() && props.pages.total() === 0
  const foot = (): string => {
    if (props.pages.error()) return 'Not up to date: the server does not answer. Trying again.'
    const total = props.pages.total()
    return total === undefined ? '' : devicesOf(total)
  }
  return (
    <>
      <FilterBar
        filter={props.filter}
        counts={props.pages.counts()}
        types={facets.isSuccess ? facets.data.types : []}
        groups={facets.isSuccess ? facets.data.groups : []}
        set={props.set}
        clear={clear}
      />
      <Switch>
        <Match when={none()}>
          <EmptyState icon={<SearchX size={22} aria-hidden="true" />} title={emptyTitle(props.filter)}>
            <Button onClick={clear}>Show all devices</Button>
          </EmptyState>
        </Match>
        <Match when={props.filter.unconfirmed}>
          <UnconfirmedList
            org={props.place.org}
            pages={props.pages}
            projects={props.place.project === null}
            mayWork={mayWork(session)}
          />
        </Match>
        <Match when={true}>
          <DeviceList
            devices={props.pages.rows()}
            total={props.pages.total()}
            stale={props.pages.pending()}
            projects={props.place.project === null}
            selection={mayWork(session) ? selection : undefined}
            show={props.pages.show}
            href={(device) => session.href(`/portal/devices/${device.id}`)}
            narrowToGroup={(group) => props.set({ group })}
            foot={foot()}
          />
        </Match>
      </Switch>
      <Show when={selection.all().length > 0}>
        <SelectionBar place={props.place} selection={selection} />
      </Show>
    </>
  )
}

function emptyTitle(filter: DeviceFilter): string {
  const others = filter.text ?? filter.type ?? filter.group
  if (filter.unconfirmed && !others) return 'Every device is confirmed'
  return 'No device fits these filters'
}
