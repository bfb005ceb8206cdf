import type { JSX } from 'solid-js'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { RevealOnce } from '../ui/reveal-once.tsx'
import { VERIFY } from './snippets.ts'

/** Shows the secret of a webhook, once, and how a receiver uses it. */
export function SecretDialog(props: {
  secret: string
  host: string
  /** After a rotation: what becomes of the one before. */
  note?: string
  close: () => void
}): JSX.Element {
  return (
    <RevealOnce
      title="Copy the signing secret"
      description={
        <>
          What <strong>{props.host}</strong> receives is signed with it. It will not be shown again: the
          server keeps it sealed. {props.note}
        </>
      }
      secret={props.secret}
      what="signing secret"
      close={props.close}
    >
      <CodeTabs label="How to verify a message" snippets={VERIFY} />
    </RevealOnce>
  )
}
