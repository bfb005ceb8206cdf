import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { type ApiKey, api, type Device } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { count } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Time } from '../ui/time.tsx'
import { forEachDevice, tellOutcome } from './change-devices.ts'
import { addressOf } from './fleet-queries.ts'
import css from './remove-devices.module.css'
import { LastHeard, StatusWord } from './status-word.tsx'
import { devices as devicesOf } from './words.ts'

/** So many are named with their keys; of the others the number is said. */
const NAMED = 8
const DAY_MS = 86_400_000

interface Doomed {
  device: Device
  keys: ApiKey[]
}

/** Asks before devices go: names them, and the keys that stop with them. */
export function RemoveDevices(props: {
  devices: readonly Device[]
  close: () => void
  removed: () => void
}): JSX.Element {
  const doomed = useQuery(() => ({
    queryKey: ['device-removal', props.devices.map(({ id }) => id)],
    queryFn: () => keysOf(props.devices.slice(0, NAMED)),
  }))
  const [typed, setTyped] = createSignal('')
  const named = () => (doomed.isSuccess ? doomed.data : [])
  const inUse = () => props.devices.some(isHeard) || named().some(({ keys }) => keys.some(wasUsedToday))
  const proof = () =>
    props.devices.length === 1 ? (props.devices[0]?.name ?? '') : String(props.devices.length)
  const sure = () => doomed.isSuccess && (!inUse() || typed().trim() === proof())
  const { error, busy, submit } = createSubmission(async () => {
    if (!sure()) return
    const outcome = await forEachDevice(props.devices, (device) => api.fleet.remove.mutate(addressOf(device)))
    const keys = outcome.done.reduce((sum, { answer }) => sum + answer.keys_revoked, 0)
    tellOutcome(outcome, {
      title:
        outcome.done.length === 1
          ? `${outcome.done[0]?.device.name} removed`
          : `${devicesOf(outcome.done.length)} removed`,
      detail: keys > 0 ? `${count(keys, 'API key')} stopped working.` : 'No API key was pinned to it.',
    })
    props.close()
    if (outcome.done.length > 0) props.removed()
  })
  const title = () =>
    props.devices.length === 1
      ? `Remove ${props.devices[0]?.name}?`
      : `Remove ${devicesOf(props.devices.length)}?`
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      title={title()}
      description={`API keys that are good for ${props.devices.length === 1 ? 'it' : 'one of them'} alone stop working at once, nobody logs in by SSH with a key from here any more, and this cannot be undone. Episodes stay.`}
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} disabled={!sure()} onClick={submit}>
            Remove {props.devices.length === 1 ? 'device' : devicesOf(props.devices.length)}
          </Button>
        </>
      }
    >
      <div class={css.body}>
        <ul class={css.list} aria-label="What goes">
          <For each={props.devices.slice(0, NAMED)}>
            {(device) => (
              <li>
                <p class={css.device}>
                  <strong>
                    <bdi>{device.name}</bdi>
                  </strong>
                  <StatusWord status={device.status} />
                  <LastHeard at={device.last_heartbeat} class={css.dim} />
                </p>
                <Keys keys={named().find((one) => one.device.id === device.id)?.keys} />
              </li>
            )}
          </For>
        </ul>
        <Show when={props.devices.length > NAMED}>
          <p class={css.dim}>and {devicesOf(props.devices.length - NAMED)} more, with their keys.</p>
        </Show>
        <FormProblem error={doomed.error ?? error()} />
        <Show when={inUse()}>
          <form onSubmit={submit}>
            <Field
              label={`${props.devices.length === 1 ? 'It is' : 'Some are'} in use. Type “${proof()}” to remove ${props.devices.length === 1 ? 'it' : 'them'}`}
              autocomplete="off"
              value={typed()}
              onText={setTyped}
            />
          </form>
        </Show>
      </div>
    </Dialog>
  )
}

function Keys(props: { keys: ApiKey[] | undefined }): JSX.Element {
  return (
    <Show when={props.keys} fallback={<p class={css.dim}>Looking for its keys…</p>}>
      {(keys) => (
        <For each={keys()} fallback={<p class={css.dim}>No API keys of its own.</p>}>
          {(key) => (
            <p class={css.key}>
              Key <bdi>{key.label}</bdi> <code>{key.prefix}</code>{' '}
              <Show when={key.last_used_at} fallback="was never used">
                {(at) => (
                  <>
                    was used <Time at={at()} />
                  </>
                )}
              </Show>
            </p>
          )}
        </For>
      )}
    </Show>
  )
}

async function keysOf(devices: readonly Device[]): Promise<Doomed[]> {
  return Promise.all(
    devices.map(async (device) => {
      const { items } = await api.fleet.apiKeys.query(addressOf(device))
      return { device, keys: items.filter((key) => key.revoked_at === null) }
    }),
  )
}

function isHeard(device: Device): boolean {
  return device.status === 'online'
}

function wasUsedToday(key: ApiKey): boolean {
  return key.last_used_at !== null && Date.now() - Date.parse(key.last_used_at) < DAY_MS
}
