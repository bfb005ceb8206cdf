import { useQuery } from '@tanstack/solid-query'
import { For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Storage } from '../api.ts'
import { maySet, type SettingsOf } from '../organizations/organization-queries.ts'
import { Badge } from '../ui/badge.tsx'
import { LinkButton } from '../ui/button.tsx'
import { count, size } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { QuotaForm } from './quota-form.tsx'
import { RetentionRules } from './retention-rules.tsx'
import css from './storage.module.css'
import { storageQuery } from './storage-queries.ts'

/** How much is stored, what goes by itself, and what was deleted. */
export function StorageSection(props: SettingsOf): JSX.Element {
  const storage = useQuery(() => storageQuery(props.organization.id))
  return (
    <Section
      title="Storage"
      id="storage"
      note="Artifacts and capsules. What is deleted counts until its bytes are gone from the disk."
    >
      <Switch fallback={<div class={css.waiting} aria-busy="true" />}>
        <Match when={storage.isError && !storage.isSuccess}>
          <FormProblem error={storage.error} />
        </Match>
        <Match when={storage.isSuccess && storage.data}>
          {(found) => (
            <div class={css.panel}>
              <Used storage={found()} staff={props.staff} />
              <Show when={props.staff}>
                <QuotaForm organization_id={props.organization.id} quota_bytes={found().quota_bytes} />
                <Missing missing={found().missing} />
              </Show>
              <TrashLine storage={found()} />
              <RetentionRules
                organization_id={props.organization.id}
                mayChange={maySet(props)}
                trash_days={found().trash_days}
              />
              <Deletions storage={found()} />
            </div>
          )}
        </Match>
      </Switch>
    </Section>
  )
}

function Used(props: { storage: Storage; staff: boolean }): JSX.Element {
  const used = () => props.storage.used_bytes
  const share = (quota: number) => (quota === 0 ? 100 : Math.min(100, Math.round((100 * used()) / quota)))
  return (
    <Show
      when={props.storage.quota_bytes !== null && { bytes: props.storage.quota_bytes ?? 0 }}
      fallback={
        <p class={css.used}>
          <strong>{size(used())}</strong> stored{' '}
          <span class={css.dim}>no quota: as much as the disk holds</span>
        </p>
      }
    >
      {(quota) => (
        <>
          <p class={css.used}>
            <strong>{size(used())}</strong> of {size(quota().bytes)} stored
            <span class={css.dim}>{share(quota().bytes)} %</span>
            <Show when={used() >= quota().bytes}>
              <Badge tone="failed">Full: uploads are refused</Badge>
            </Show>
          </p>
          <div
            class={css.bar}
            role="meter"
            aria-label="Share of the quota that is used"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={share(quota().bytes)}
            data-full={used() >= quota().bytes || undefined}
          >
            <span style={{ width: `${share(quota().bytes)}%` }} />
          </div>
          <Show when={!props.staff}>
            <p class={css.dim}>Administrators of this server set the quota.</p>
          </Show>
        </>
      )}
    </Show>
  )
}

function TrashLine(props: { storage: Storage }): JSX.Element {
  const session = useSession()
  const trash = () => props.storage.trash
  return (
    <div class={css.block}>
      <h3>Trash</h3>
      <p class={css.line}>
        <span>
          {trash().episodes === 0
            ? 'Empty.'
            : `${count(trash().episodes, 'episode')}${trash().more ? ' and more' : ''}, ${size(trash().bytes)}.`}{' '}
          <span class={css.dim}>
            What is deleted stays there for {count(props.storage.trash_days, 'day')}.
          </span>
        </span>
        <LinkButton size="sm" href={session.href('/portal/trash')}>
          Open the trash
        </LinkButton>
      </p>
    </div>
  )
}

const BECAUSE = { person: 'Deleted', trash: 'Their time in the trash was over' } as const

function Deletions(props: { storage: Storage }): JSX.Element {
  return (
    <Show when={props.storage.deletions.length > 0}>
      <div class={css.block}>
        <h3>Last deletions</h3>
        <ul class={css.list} aria-label="Last deletions">
          <For each={props.storage.deletions}>
            {(one) => (
              <li class={css.item}>
                <p>
                  {count(one.episodes, 'episode')} · {size(one.bytes_freed)} freed{' '}
                  <Show when={one.finished_at === null}>
                    <Badge tone="recording">of {size(one.bytes_total)} so far</Badge>
                  </Show>
                </p>
                <span class={css.dim}>
                  {BECAUSE[one.because]}
                  <Show when={one.by}>
                    {(name) => (
                      <>
                        {' '}
                        by <bdi>{name()}</bdi>
                      </>
                    )}
                  </Show>{' '}
                  <Time at={one.started_at} />
                </span>
              </li>
            )}
          </For>
        </ul>
      </div>
    </Show>
  )
}

/** For staff: rows whose bytes the last walk over the disk did not find. */
function Missing(props: { missing: Storage['missing'] }): JSX.Element {
  return (
    <Show when={props.missing && props.missing.n > 0 && props.missing}>
      {(found) => (
        <div class={css.block}>
          <p class={css.line}>
            <Badge tone="failed">{count(found().n, 'artifact')} without bytes</Badge>
            <span>
              Found <Time at={found().at} />. Restore them from a backup; the log names each.
            </span>
          </p>
          <ul class={css.list} aria-label="Artifacts without bytes">
            <For each={found().first}>
              {(one) => (
                <li class={css.item}>
                  <code>{one.of}</code>
                  <span class={css.dim}>
                    {one.because}, {size(one.size_bytes)}
                  </span>
                </li>
              )}
            </For>
          </ul>
        </div>
      )}
    </Show>
  )
}
