import { api, type Device, problemOf } from '../api.ts'
import { count } from '../ui/format.ts'
import { toastProblem } from '../ui/problem.tsx'
import { type Toast, toast } from '../ui/toast.tsx'
import { addressOf, refreshDevices } from './fleet-queries.ts'
import { devices as devicesOf, someOf } from './words.ts'

/** As many calls travel together in one request. */
const TOGETHER = 10

/** Does the same to each of them; one that is refused holds up none of the others. */
export async function forEachDevice<One>(
  devices: readonly Device[],
  act: (device: Device) => Promise<One>,
): Promise<{ done: { device: Device; answer: One }[]; refused: { device: Device; error: unknown }[] }> {
  const done: { device: Device; answer: One }[] = []
  const refused: { device: Device; error: unknown }[] = []
  for (let from = 0; from < devices.length; from += TOGETHER) {
    await Promise.all(
      devices.slice(from, from + TOGETHER).map((device) =>
        act(device).then(
          (answer) => done.push({ device, answer }),
          (error: unknown) => refused.push({ device, error }),
        ),
      ),
    )
  }
  await refreshDevices()
  return { done, refused }
}

/** Says what became of it: the outcome, and by name what was refused and why. */
export function tellOutcome(
  outcome: { done: readonly unknown[]; refused: readonly { device: Device; error: unknown }[] },
  done: Toast,
): void {
  if (outcome.done.length > 0) toast(done)
  const [first] = outcome.refused
  if (!first) return
  if (outcome.refused.length === 1) {
    toastProblem(`${first.device.name} stays as it is`, first.error)
    return
  }
  const names = someOf(
    outcome.refused.map(({ device }) => device.name),
    3,
  )
  toast({
    tone: 'failed',
    title: `${devicesOf(outcome.refused.length)} stay as they are`,
    detail: `${names}. ${problemOf(first.error).detail}`,
  })
}

/** Starts or ends maintenance of several devices; the toast takes it back. */
export async function setMaintenance(devices: readonly Device[], maintenance: boolean): Promise<void> {
  const change = devices.filter(({ status }) => (status === 'maintenance') !== maintenance)
  const outcome = await forEachDevice(change, (device) =>
    api.fleet.update.mutate({ ...addressOf(device), maintenance }),
  )
  if (change.length === 0) toast({ title: 'Nothing to change' })
  const changed = outcome.done.map(({ device }) => device)
  const now = outcome.done.map(({ answer }) => answer)
  tellOutcome(outcome, {
    title: `${wordFor(changed)} ${maintenance ? 'in maintenance' : 'back from maintenance'}`,
    action: { label: 'Undo', run: () => void setMaintenance(now, !maintenance) },
  })
}

/** Puts several devices into a group; the toast takes those out again that were not in it before. */
export async function addToGroup(
  devices: readonly Device[],
  group: { id: string; name: string },
): Promise<void> {
  const outside = devices.filter(({ groups }) => !groups.some(({ id }) => id === group.id))
  const outcome = await forEachDevice(outside, (device) => setGroups(device, [...idsOf(device), group.id]))
  if (outside.length === 0) toast({ title: `All of them are in ${group.name} already` })
  const undo = async (): Promise<void> => {
    const back = await forEachDevice(
      outcome.done.map(({ device }) => device),
      (device) => setGroups(device, idsOf(device)),
    )
    tellOutcome(back, { title: `${devicesOf(back.done.length)} taken out of ${group.name} again` })
  }
  tellOutcome(outcome, {
    title: `${wordFor(outcome.done.map(({ device }) => device))} added to ${group.name}`,
    action: { label: 'Undo', run: () => void undo() },
  })
}

function setGroups(device: Device, group_ids: string[]) {
  return api.fleet.update.mutate({ ...addressOf(device), group_ids })
}

function idsOf(device: Device): string[] {
  return device.groups.map(({ id }) => id)
}

function wordFor(devices: readonly Device[]): string {
  return devices.length === 1 ? (devices[0]?.name ?? '') : count(devices.length, 'device')
}
