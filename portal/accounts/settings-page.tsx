import type { JSX } from 'solid-js'
import { Section } from '../ui/page.tsx'
import { Passkeys } from './passkeys.tsx'
import { PasswordForm } from './password-form.tsx'
import { Profile } from './profile.tsx'
import { ProviderLink } from './provider-link.tsx'
import { SecondFactor } from './second-factor.tsx'
import { useSession } from './session.tsx'
import { Sessions } from './sessions.tsx'
import { SettingsFrame } from './settings-frame.tsx'

/** `/portal/settings`: who one is, what proves it, and where one is signed in. */
export function SettingsPage(): JSX.Element {
  const session = useSession()
  return (
    <SettingsFrame title="Account">
      <Profile />
      <Section title="Password" id="password">
        <PasswordForm account={session.me().account} />
      </Section>
      <SecondFactor />
      <Passkeys />
      <ProviderLink />
      <Sessions />
    </SettingsFrame>
  )
}
