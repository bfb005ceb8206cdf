import { type JSX, Match, Show, Switch } from 'solid-js'
import type { ApiKey } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { ahead } from '../ui/format.ts'
import { Time, useNow } from '../ui/time.tsx'
import css from './api-key-panel.module.css'
import { isExpired, isLive, needsRotation } from './key-facts.ts'

/** Whether a key works, until when or since when not, and whether it is time for another one. */
export function KeyStatus(props: { api_key: ApiKey }): JSX.Element {
  const now = useNow()
  const live = () => isLive(props.api_key, now())
  return (
    <Switch fallback={<Badge tone="ready">Live</Badge>}>
      <Match when={props.api_key.revoked_at}>
        {(at) => (
          <Badge tone="neutral">
            Revoked <Time at={at()} />
          </Badge>
        )}
      </Match>
      <Match when={isExpired(props.api_key, now()) && props.api_key.expires_at}>
        {(at) => (
          <Badge tone="neutral">
            {props.api_key.rotated_to ? 'Rotated' : 'Expired'} <Time at={at()} />
          </Badge>
        )}
      </Match>
      <Match when={live() && props.api_key.rotated_to !== null}>
        <Badge tone="attention">Rotated</Badge>
        <Ends api_key={props.api_key} />
      </Match>
      <Match when={needsRotation(props.api_key, now())}>
        <Badge tone="attention">
          {props.api_key.rotation.reason === 'age'
            ? `Rotate: ${props.api_key.rotation.age_days} days old`
            : 'Rotate: ends soon'}
        </Badge>
        <Ends api_key={props.api_key} />
      </Match>
      <Match when={props.api_key.expires_at}>
        <Badge tone="ready">Live</Badge>
        <Ends api_key={props.api_key} />
      </Match>
    </Switch>
  )
}

function Ends(props: { api_key: ApiKey }): JSX.Element {
  return (
    <Show when={props.api_key.expires_at}>
      {(at) => (
        <span class={css.expires}>
          Expires <Time at={at()} words={ahead} />
        </span>
      )}
    </Show>
  )
}

/**
 * How far a rotation has come, for the old key's row: whether the new one is used yet, and the old one still is. When
 * the first is yes and the second no, the old one can be revoked.
 */
export function RotationProgress(props: { api_key: ApiKey; keys: ApiKey[] }): JSX.Element {
  const next = () => props.keys.find(({ id }) => id === props.api_key.rotated_to)
  const lastUse = () => props.api_key.last_used_at
  return (
    <Show when={next()} keyed>
      {(successor) => (
        <p class={css.chain}>
          → <code>{successor.prefix}</code>{' '}
          <Show
            when={successor.first_used_at}
            fallback={successor.revoked_at ? 'new key revoked' : 'new key not used yet'}
          >
            {(at) => (
              <>
                new key first used <Time at={at()} />
              </>
            )}
          </Show>
          {', '}
          <Show
            when={(lastUse() ?? '') > successor.created_at && lastUse()}
            fallback="old key not used since"
          >
            {(at) => (
              <>
                old key still used <Time at={at()} />
              </>
            )}
          </Show>
        </p>
      )}
    </Show>
  )
}
