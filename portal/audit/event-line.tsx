import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { browserName } from '../accounts/browser-name.ts'
import type { AuditEvent } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { exact } from '../ui/format.ts'
import { Time } from '../ui/time.tsx'
import css from './audit.module.css'
import type { FilterName } from './filter.ts'
import { actorName, sentenceOf, targetName } from './sentence.ts'

interface EventLineProps {
  event: AuditEvent
  /** On staff's page: whose event it is. */
  whose: boolean
  narrow: (name: FilterName, value: string) => void
}

/** One event: a sentence that unfolds into everything that is kept of it. */
export function EventLine(props: EventLineProps): JSX.Element {
  const said = () => sentenceOf(props.event)
  const [open, setOpen] = createSignal(false)
  return (
    <li class={css.event}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary class={css.summary}>
          <ChevronRight class={css.chevron} size={14} aria-hidden="true" />
          <span class={css.sentence}>
            <bdi class={css.name}>{said().actor}</bdi> {said().before}
            <Show when={said().target}>
              {(name) => (
                <>
                  {' '}
                  <bdi class={css.name}>{name()}</bdi>
                </>
              )}
            </Show>
            {said().after.startsWith(',') ? said().after : ` ${said().after}`}
            <Show when={props.event.outcome === 'failure'}>
              <span class={css.failed}>
                <Badge tone="failed" plain>
                  Failed
                </Badge>
              </span>
            </Show>
          </span>
          <Show when={props.whose}>
            <bdi class={css.whose}>{props.event.organization?.name ?? '—'}</bdi>
          </Show>
          <span class={css.from}>
            <span class="mono">{props.event.ip}</span>
            <span class={css.agent}>{browserName(props.event.user_agent)}</span>
          </span>
          <Time class={css.when} at={props.event.at} />
        </summary>
        <Show when={open()}>
          <Everything {...props} />
        </Show>
      </details>
    </li>
  )
}

function Everything(props: EventLineProps): JSX.Element {
  const facts = (): [label: string, value: string | null][] => [
    ['Time', exact(props.event.at)],
    ['Action', props.event.action],
    ['Actor', props.event.actor.id],
    ['Credential', props.event.credential_id],
    ['Target', props.event.target.id],
    ...Object.entries(props.event.detail).map(([name, value]): [string, string] => [
      words(name),
      String(value ?? 'none'),
    ]),
    ['Organization', props.event.organization?.id ?? null],
    ['Address', props.event.ip],
    ['Program', props.event.user_agent],
    ['Request', props.event.request_id],
    ['Event', `${props.event.seq} · ${props.event.id}`],
    ['Hash', props.event.hash],
  ]
  return (
    <div class={css.everything}>
      <dl class={css.facts}>
        <For each={facts().filter(([, value]) => value !== null && value !== '')}>
          {([label, value]) => (
            <>
              <dt>{label}</dt>
              <dd>
                <bdi class="mono">{value}</bdi>
              </dd>
            </>
          )}
        </For>
      </dl>
      <div class={css.actions}>
        <Show when={props.event.actor.id}>
          {(id) => (
            <Button size="sm" onClick={() => props.narrow('actor', id())}>
              Only what {actorName(props.event)} did
            </Button>
          )}
        </Show>
        <Button size="sm" onClick={() => props.narrow('target', props.event.target.id)}>
          Only what was done to {targetName(props.event)}
        </Button>
        <Show when={props.whose && props.event.organization}>
          {(organization) => (
            <Button size="sm" onClick={() => props.narrow('organization', organization().id)}>
              Only {organization().name ?? 'this organization'}
            </Button>
          )}
        </Show>
        <Show when={props.event.request_id}>
          {(id) => <CopyButton text={id()} what="request id" label="Copy request id" variant="secondary" />}
        </Show>
      </div>
    </div>
  )
}

/** `api_key_id` → `Api key id` */
function words(name: string): string {
  const text = name.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
