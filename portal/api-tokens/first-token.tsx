import Ticket from 'lucide-solid/icons/ticket'
import type { JSX } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { CodeBlock } from '../ui/code-tabs.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import css from './api-tokens.module.css'
import { tokenSnippets } from './snippets.ts'

/** The empty list: what a token is good for, with the reader's own address in it. */
export function FirstToken(): JSX.Element {
  const session = useSession()
  const code = (): string =>
    tokenSnippets(session.me().public_url, session.organization()?.slug ?? 'acme')[0]?.code ?? ''
  return (
    <EmptyState icon={<Ticket size={22} aria-hidden="true" />} title="No active tokens">
      <p>
        Make one below, download it as jwt.txt, and a program of yours reads and logs episodes as you. You can
        look at it again here for as long as it works.
      </p>
      <div class={css.example}>
        <CodeBlock code={code()} what="curl example" />
      </div>
    </EmptyState>
  )
}
