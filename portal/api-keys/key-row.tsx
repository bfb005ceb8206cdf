import { type JSX, Show } from 'solid-js'
import type { ApiKey } from '../api.ts'
import { scopeSentence } from '../device-login/scope-words.ts'
import { Button } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import table from '../ui/table.module.css'
import { Time } from '../ui/time.tsx'
import css from './api-key-panel.module.css'
import { shortNetwork } from './key-facts.ts'
import { USUAL_SCOPES } from './key-fields.tsx'
import { KeyStatus, RotationProgress } from './key-status.tsx'
import { Sparkline } from './sparkline.tsx'

/** One key: what it is, what it may, when and from where it was used last, until when it works. */
export function KeyRow(props: {
  api_key: ApiKey
  keys: ApiKey[]
  days: readonly number[] | undefined
  live: boolean
  mayRotate: boolean
  mayRevoke: boolean
  /** In the list of one's own keys, which need not say whose they are. */
  own?: boolean
  open: () => void
  rotate: () => void
  revoke: () => void
}): JSX.Element {
  return (
    <tr class={!props.live ? css.dead : undefined} role="row" data-row>
      <td role="cell" class={`${table.wrapText} ${css.label}`}>
        <button type="button" class={css.open} onClick={props.open}>
          <bdi>{props.api_key.label}</bdi>
        </button>
        <p class={css.terminal}>
          <code>{props.api_key.prefix}</code>
          <span aria-hidden="true">_••••</span>
        </p>
        <Belongs api_key={props.api_key} own={props.own ?? false} />
        <Show when={props.live}>
          <RotationProgress api_key={props.api_key} keys={props.keys} />
        </Show>
      </td>
      <td role="cell" class={`${table.wrapText} ${css.rights}`}>
        <span title={props.api_key.scopes.join(' ')}>{rights(props.api_key)}</span>
        <Show when={props.api_key.device ?? props.api_key.project}>
          {(pin) => (
            <p class={css.terminal}>
              Only {props.api_key.device ? 'device' : 'project'} <bdi>{pin().name}</bdi>
            </p>
          )}
        </Show>
      </td>
      <td role="cell" class={css.by}>
        <bdi title={props.api_key.created_by.email}>{props.api_key.created_by.name}</bdi>
        <p class={css.terminal}>
          <Time at={props.api_key.created_at} />
        </p>
      </td>
      <td role="cell" class={css.used}>
        <Show when={props.api_key.last_used_at} fallback={<span class={table.dim}>Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
        <Show when={props.api_key.last_network}>
          {(network) => <p class={`${css.terminal} mono`}>{shortNetwork(network())}</p>}
        </Show>
      </td>
      <td role="cell" class={css.days} data-empty={props.days ? undefined : true}>
        <Show when={props.days} fallback={<span class={table.dim}>–</span>}>
          {(days) => (
            <>
              <Sparkline days={days()} />
              <p class={css.terminal}>{count(props.api_key.use_count, 'use')}</p>
            </>
          )}
        </Show>
      </td>
      <td role="cell" class={css.status}>
        <KeyStatus api_key={props.api_key} />
      </td>
      <td role="cell" class={`${table.end} ${css.end}`}>
        <div class={css.actions}>
          <Show when={props.live && props.mayRotate}>
            <Button
              size="sm"
              variant="ghost"
              aria-label={`Rotate ${props.api_key.label}`}
              onClick={props.rotate}
            >
              Rotate
            </Button>
          </Show>
          <Show when={props.live && props.mayRevoke}>
            <Button
              size="sm"
              variant="ghost"
              aria-label={`Revoke ${props.api_key.label}`}
              onClick={props.revoke}
            >
              Revoke
            </Button>
          </Show>
        </div>
      </td>
    </tr>
  )
}

/** The rights most keys have in two words, so that the others stand out. */
function rights({ scopes }: ApiKey): string {
  const isUsual = scopes.length === USUAL_SCOPES.length && USUAL_SCOPES.every((one) => scopes.includes(one))
  return isUsual ? 'Log and read' : scopeSentence(scopes)
}

/** Whose a personal key is, and the terminal a login made it for. */
function Belongs(props: { api_key: ApiKey; own: boolean }): JSX.Element {
  const terminal = () =>
    [props.api_key.hostname, props.api_key.sdk_version].filter((part) => part !== null).join(' · ')
  return (
    <>
      <Show when={terminal()}>
        <p class={css.terminal}>
          <bdi>{terminal()}</bdi>
        </p>
      </Show>
      <Show when={!props.own && props.api_key.owner}>
        {(owner) => (
          <p class={css.terminal}>
            Personal key of <bdi>{owner().name}</bdi>
          </p>
        )}
      </Show>
    </>
  )
}
