import Plus from 'lucide-solid/icons/plus'
import { createSignal, type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { NewProjectDialog } from '../organizations/new-project-dialog.tsx'
import { Badge } from '../ui/badge.tsx'
import { byName } from '../ui/format.ts'
import { isAdmin } from './is-admin.ts'
import { type Option, Picker } from './picker.tsx'
import css from './place-bar.module.css'

/** The head of every page: the organization and the project one looks at, and how to look at others. */
export function PlaceBar(): JSX.Element {
  const session = useSession()
  const [making, setMaking] = createSignal(false)
  return (
    <Show when={session.organization()}>
      {(organization) => (
        <header class={css.bar}>
          <Show
            when={session.me().organizations.length > 1}
            fallback={<span class={css.only}>{organization().name}</span>}
          >
            <Picker label="Organization" value={organization().name} options={organizations()} />
          </Show>
          <span class={css.slash} aria-hidden="true">
            /
          </span>
          <Picker label="Project" value={session.project()?.name ?? 'All projects'} options={projects()} />
          <NewProjectDialog
            organization_id={organization().id}
            open={making()}
            close={() => setMaking(false)}
            made={(made) => session.chooseProject(made)}
          />
          <Show when={session.project()?.archived_at}>
            <Badge tone="neutral">Archived</Badge>
          </Show>
        </header>
      )}
    </Show>
  )

  function organizations(): Option[] {
    return [...session.me().organizations].sort(byName).map((one) => ({
      id: one.id,
      label: one.name,
      chosen: one.id === session.organization()?.id,
      run: () => session.choose(one),
    }))
  }

  function projects(): Option[] {
    // `default` comes first.
    const [home, ...others] = session.organization()?.projects ?? []
    const all = home ? [home, ...others.sort(byName)] : []
    const live = all.filter((one) => one.archived_at === null)
    const archived = all.filter((one) => one.archived_at !== null)
    const options = [...live, ...archived].map((one) => ({
      id: one.id,
      label: one.name,
      chosen: one.id === session.project()?.id,
      run: () => session.chooseProject(one),
      ...(one.archived_at === null ? {} : { hint: 'archived' }),
    }))
    const create: Option = {
      id: '+',
      label: 'New project…',
      icon: <Plus size={14} aria-hidden="true" />,
      action: true,
      run: () => setMaking(true),
    }
    const every: Option = {
      id: '*',
      label: 'All projects',
      chosen: session.project() === null,
      run: () => session.chooseProject(null),
    }
    const { staff } = session.me().account
    const mayMake = (staff || isAdmin(session.organization())) && session.organization()?.locked === false
    return [...(all.length > 1 ? [every] : []), ...options, ...(mayMake ? [create] : [])]
  }
}
