import { For, type JSX, Show } from 'solid-js'
import { ChoiceField, Field } from '../ui/field.tsx'
import { lifetime } from '../ui/format.ts'
import css from './key-fields.module.css'

/** Every scope there is, in the words of what it lets a key do. */
export const SCOPE_CHOICES = [
  { scope: 'episodes:write', words: 'Log episodes' },
  { scope: 'episodes:read', words: 'Read episodes' },
  { scope: 'evals:write', words: 'Record evaluations' },
  { scope: 'evals:read', words: 'Read evaluations' },
  { scope: 'fleet:write', words: 'Change the fleet' },
  { scope: 'fleet:read', words: 'See the fleet' },
  { scope: 'keys:manage', words: 'Manage API keys', warns: 'Can make keys like itself, and end others.' },
  {
    scope: 'admin',
    words: 'Administer the organization',
    warns: 'Everything an admin may. Rarely right for a machine.',
  },
] as const

export type Scope = (typeof SCOPE_CHOICES)[number]['scope']

/** What a key gets that asks for nothing in particular. */
export const USUAL_SCOPES: Scope[] = [
  'episodes:write',
  'episodes:read',
  'evals:write',
  'evals:read',
  'fleet:read',
]

/** What the key may do, a box each. */
export function ScopeFields(props: {
  chosen: readonly Scope[]
  /** Whether the two scopes that only admins give are offered. */
  admin: boolean
  onChoose: (scopes: Scope[]) => void
  error?: string | undefined
}): JSX.Element {
  const offered = () =>
    SCOPE_CHOICES.filter(({ scope }) => props.admin || (scope !== 'keys:manage' && scope !== 'admin'))
  const toggle = (scope: Scope, on: boolean): void => {
    props.onChoose(
      SCOPE_CHOICES.map((one) => one.scope).filter((one) =>
        one === scope ? on : props.chosen.includes(one),
      ),
    )
  }
  return (
    <fieldset class={css.scopes}>
      <legend>The key may</legend>
      <For each={offered()}>
        {(one) => (
          <label class={css.scope}>
            <input
              type="checkbox"
              checked={props.chosen.includes(one.scope)}
              onChange={(event) => toggle(one.scope, event.currentTarget.checked)}
            />
            <span>
              {one.words} <code class={css.code}>{one.scope}</code>
              <Show when={'warns' in one && props.chosen.includes(one.scope) && one.warns}>
                {(warns) => <span class={css.warns}>{warns()}</span>}
              </Show>
            </span>
          </label>
        )}
      </For>
      <Show when={props.error}>
        <p class={css.error}>Scopes: {props.error}</p>
      </Show>
    </fieldset>
  )
}

/** How long a key lives: '' as long as is allowed, a number of days, or a date of one's own. */
export type Life = { choice: string; date: string }

const CUSTOM = 'custom'

/** The moment a key ends, as it is sent; undefined: as late as the organization allows. */
export function endOf(life: Life, now: number): string | undefined {
  if (life.choice === '') return undefined
  if (life.choice !== CUSTOM) return new Date(now + Number(life.choice) * 86_400_000).toISOString()
  // The whole of that day counts, in the viewer's own zone.
  const end = new Date(`${life.date}T23:59:59`)
  return Number.isNaN(end.getTime()) ? undefined : end.toISOString()
}

export function LifeFields(props: {
  life: Life
  /** The organization's longest life of a key, in days. */
  longest: number | null
  onLife: (life: Life) => void
  error?: string | undefined
}): JSX.Element {
  const choices = () => [
    {
      value: '',
      words: props.longest === null ? lifetime(null) : `${lifetime(props.longest)}, the longest allowed`,
    },
    ...[30, 90, 365]
      .filter((days) => props.longest === null || days < props.longest)
      .map((days) => ({ value: String(days), words: days === 365 ? 'For 1 year' : lifetime(days) })),
    { value: CUSTOM, words: 'Until a date…' },
  ]
  return (
    <>
      <ChoiceField
        label="Works"
        choices={choices()}
        value={props.life.choice}
        onChoice={(choice) => props.onLife({ ...props.life, choice })}
        error={props.life.choice === CUSTOM ? '' : (props.error ?? '')}
      />
      <Show when={props.life.choice === CUSTOM}>
        <Field
          label="Last day"
          type="date"
          required
          value={props.life.date}
          onText={(date) => props.onLife({ ...props.life, date })}
          error={props.error ?? ''}
        />
      </Show>
    </>
  )
}
