import type { JSX } from 'solid-js'
import { KeyPolicyPanel } from '../api-keys/key-policy.tsx'
import { TerminalPolicyPanel } from '../api-keys/terminal-policy.tsx'
import { StorageSection } from '../storage/storage-section.tsx'
import { WebhooksPanel } from '../webhooks/webhooks-panel.tsx'
import { GeneralSection } from './general-section.tsx'
import { maySet, type SettingsOf } from './organization-queries.ts'
import { ProjectsSection } from './projects-section.tsx'
import { SecondFactorSection } from './second-factor-section.tsx'

/** The sections of the settings, by their anchors, in the order they are shown. */
export const SECTIONS: readonly { id: string; label: string }[] = [
  { id: 'general', label: 'General' },
  { id: 'projects', label: 'Projects' },
  { id: 'members', label: 'Members' },
  { id: 'second-factor', label: 'Second factor' },
  { id: 'key-policy', label: 'Keys' },
  { id: 'terminals', label: 'Terminals' },
  { id: 'storage', label: 'Storage' },
  { id: 'webhooks', label: 'Webhooks' },
]

/** All settings of an organization: its own page shows them, and staff see the same on the page of the client. */
export function OrganizationSections(
  props: SettingsOf & {
    /** The section of its people. */
    people: JSX.Element
  },
): JSX.Element {
  return (
    <>
      <GeneralSection {...props} />
      <ProjectsSection {...props} />
      {props.people}
      <SecondFactorSection {...props} />
      <KeyPolicyPanel organization_id={props.organization.id} mayChange={maySet(props)} staff={props.staff} />
      <TerminalPolicyPanel organization_id={props.organization.id} mayChange={maySet(props)} />
      <StorageSection {...props} />
      <WebhooksPanel organization_id={props.organization.id} mayChange={maySet(props)} />
    </>
  )
}
