import { useNavigate } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, type Device } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { count } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { DeviceChoice } from './device-choice.tsx'
import { addressOf, episodeCountsQuery, refreshDevices } from './fleet-queries.ts'
import css from './unconfirmed.module.css'

/** Says that two devices are one: the episodes of this one move to the other, and its name goes on meaning that. */
export function MergeDialog(props: {
  device: Device
  close: () => void
  /** Looks at the other one afterwards. */
  follow?: boolean
}): JSX.Element {
  const session = useSession()
  const navigate = useNavigate()
  const [into, setInto] = createSignal<Device>()
  const counts = useQuery(() => episodeCountsQuery(props.device.organization, [props.device.id]))
  const episodes = () => (counts.isSuccess ? counts.data[props.device.id] : undefined)
  const moving = () => {
    const n = episodes()
    return n === undefined ? 'Its episodes' : n === 1 ? 'Its one episode' : `Its ${count(n, 'episode')}`
  }
  const { error, busy, submit } = createSubmission(async () => {
    const target = into()
    if (!target) return
    const moved = moving()
    await api.fleet.merge.mutate({ ...addressOf(props.device), into: target.id })
    await refreshDevices()
    toast({
      title: `${props.device.name} is ${target.name}`,
      detail: `${moved} ${episodes() === 1 ? 'moves' : 'move'} there; with many, over the next minutes.`,
    })
    props.close()
    if (props.follow) navigate(session.href(`/portal/devices/${target.id}`))
  })
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      title={`Merge ${props.device.name} into…`}
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="merge-device" variant="primary" busy={busy()} disabled={!into()}>
            Merge
          </Button>
        </>
      }
    >
      <form id="merge-device" class={css.form} onSubmit={submit}>
        <DeviceChoice device={props.device} chosen={into()} choose={setInto} />
        <p class={css.outcome} role="status">
          <Show when={into()} fallback={`${moving()} move to the device you choose.`}>
            {(target) => (
              <>
                {moving()} {episodes() === 1 ? 'moves' : 'move'} to <strong>{target().name}</strong>, which
                answers to <code>{props.device.name}</code> from then on. This cannot be undone.
              </>
            )}
          </Show>
        </p>
        <FormProblem error={error()} />
      </form>
    </Dialog>
  )
}
