import Compass from 'lucide-solid/icons/compass'
import type { JSX } from 'solid-js'
import { LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { useTitle } from '../ui/page.tsx'

/** For addresses that lead nowhere. */
export function NotFoundPage(): JSX.Element {
  useTitle(() => 'Not found')
  return (
    <main>
      <EmptyState page icon={<Compass size={24} aria-hidden="true" />} title="There is no such page">
        <p>The address may be mistyped, or the page may have moved.</p>
        <LinkButton href="/portal/episodes">Go to episodes</LinkButton>
      </EmptyState>
    </main>
  )
}
