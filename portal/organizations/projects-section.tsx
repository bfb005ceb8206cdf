import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import Plus from 'lucide-solid/icons/plus'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { withPlace } from '../accounts/place.ts'
import { useSession } from '../accounts/session.tsx'
import type { ProjectRow } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { count, number } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { ArchiveProject, RenameProject, restoreProject } from './change-project.tsx'
import { NewProjectDialog } from './new-project-dialog.tsx'
import css from './organization.module.css'
import { maySet, projectsQuery, type SettingsOf } from './organization-queries.ts'

interface Doing {
  kind: 'rename' | 'archive'
  project: ProjectRow
}

/** What the organization's episodes and devices are sorted into. */
export function ProjectsSection(props: SettingsOf): JSX.Element {
  const organization_id = () => props.organization.id
  const projects = useQuery(() => projectsQuery(organization_id()))
  const [making, setMaking] = createSignal(false)
  const [doing, setDoing] = createSignal<Doing>()
  const of = (kind: Doing['kind']) => (doing()?.kind === kind ? doing()?.project : undefined)
  return (
    <Section
      title="Projects"
      id="projects"
      note="Episodes, devices and software live in a project. What names none goes into default."
      actions={
        <Show when={maySet(props)}>
          <Button onClick={() => setMaking(true)}>
            <Plus size={15} aria-hidden="true" /> New project
          </Button>
        </Show>
      }
    >
      <Switch>
        <Match when={projects.isError && !projects.isSuccess}>
          <PageProblem error={projects.error} retry={() => projects.refetch()} />
        </Match>
        <Match when={true}>
          <ProjectTable {...props} projects={projects.isSuccess ? projects.data : undefined} act={setDoing} />
        </Match>
      </Switch>
      <NewProjectDialog organization_id={organization_id()} open={making()} close={() => setMaking(false)} />
      <RenameProject
        organization_id={organization_id()}
        project={of('rename')}
        close={() => setDoing(undefined)}
      />
      <ArchiveProject
        organization_id={organization_id()}
        project={of('archive')}
        close={() => setDoing(undefined)}
      />
    </Section>
  )
}

function ProjectTable(
  props: SettingsOf & { projects: ProjectRow[] | undefined; act: (doing: Doing) => void },
): JSX.Element {
  return (
    <TableFrame label="Projects table">
      <table class={`${table.table} ${table.cards}`} role="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Slug</th>
            <th class={table.number}>Episodes</th>
            <th class={table.number}>Devices</th>
            <th>Created</th>
            <Show when={maySet(props)}>
              <th class={table.end}>
                <span class="visually-hidden">Actions</span>
              </th>
            </Show>
          </tr>
        </thead>
        <tbody>
          <Show when={props.projects} fallback={<SkeletonRows columns={6} rows={2} />}>
            {(rows) => (
              <For each={rows()}>{(row) => <ProjectLine {...props} project={row} act={props.act} />}</For>
            )}
          </Show>
        </tbody>
      </table>
      <Show when={props.projects}>
        {(rows) => <p class={table.note}>{count(rows().length, 'project')}</p>}
      </Show>
    </TableFrame>
  )
}

function ProjectLine(props: SettingsOf & { project: ProjectRow; act: (doing: Doing) => void }): JSX.Element {
  const session = useSession()
  const { project } = props
  // Staff look at organizations that they do not belong to; there is no page to go to.
  const belongs = () => session.me().organizations.some((one) => one.id === props.organization.id)
  const href = () =>
    withPlace('/portal/episodes', { org: props.organization.slug, project: props.project.slug })
  return (
    <tr role="row">
      <td role="cell" class={table.wrapText}>
        <span class={css.projectName}>
          <Show when={belongs()} fallback={<bdi>{props.project.name}</bdi>}>
            <A href={href()}>
              <bdi>{props.project.name}</bdi>
            </A>
          </Show>
          <Show when={props.project.archived_at}>
            <Badge tone="neutral">Archived</Badge>
          </Show>
        </span>
      </td>
      <td role="cell" data-label="Slug">
        <code>{props.project.slug}</code>
      </td>
      <td role="cell" class={table.number} data-label="Episodes">
        {number(props.project.episode_count)}
      </td>
      <td role="cell" class={table.number} data-label="Devices">
        {number(props.project.device_count)}
      </td>
      <td role="cell" data-label="Created">
        <Time at={props.project.created_at} />
      </td>
      <Show when={maySet(props)}>
        <td role="cell" class={table.end}>
          <Button
            size="sm"
            variant="ghost"
            aria-label={`Rename ${props.project.name}`}
            onClick={() => props.act({ kind: 'rename', project })}
          >
            Rename
          </Button>
          <Show when={props.project.slug !== 'default'}>
            <Show
              when={props.project.archived_at}
              fallback={
                <Button
                  size="sm"
                  variant="ghost"
                  aria-label={`Archive ${props.project.name}`}
                  onClick={() => props.act({ kind: 'archive', project })}
                >
                  Archive
                </Button>
              }
            >
              <Button
                size="sm"
                variant="ghost"
                aria-label={`Restore ${props.project.name}`}
                onClick={() => void restoreProject(props.organization.id, project)}
              >
                Restore
              </Button>
            </Show>
          </Show>
        </td>
      </Show>
    </tr>
  )
}
