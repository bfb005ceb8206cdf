import { useQuery } from '@tanstack/solid-query'
import KeyRound from 'lucide-solid/icons/key-round'
import { type JSX, Match, Switch } from 'solid-js'
import type { Device, Organization } from '../api.ts'
import { KeyTable } from '../api-keys/api-key-panel.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { deviceKeysQuery } from './fleet-queries.ts'

/** The API keys that are good for this device alone. */
export function DeviceKeys(props: {
  device: Device
  organization_id: string
  ownRole: Organization['role']
}): JSX.Element {
  const keys = useQuery(() => deviceKeysQuery(props.device))
  return (
    <Section
      title="Its API keys"
      note="Good for this device alone: whoever holds one acts as this robot, and as no other."
    >
      <Switch>
        <Match when={keys.isError && !keys.isSuccess}>
          <FormProblem error={keys.error} />
        </Match>
        <Match when={keys.isSuccess && keys.data.length === 0}>
          <EmptyState icon={<KeyRound size={22} aria-hidden="true" />} title="No key of its own yet">
            <p>
              Enrol the robot, and it gets one. Until then it is told from others by the name its episodes
              say.
            </p>
          </EmptyState>
        </Match>
        <Match when={true}>
          <KeyTable
            keys={keys.isSuccess ? keys.data : undefined}
            organization_id={props.organization_id}
            ownRole={props.ownRole}
            devices
          />
        </Match>
      </Switch>
    </Section>
  )
}
