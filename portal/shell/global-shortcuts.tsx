import { useNavigate } from '@solidjs/router'
import { For, type JSX } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useShortcuts } from '../ui/keyboard.ts'
import css from './global-shortcuts.module.css'
import { openPalette, openShortcutList, setShortcutsOpen, shortcutsOpen } from './overlays.ts'

const LIST: { title: string; keys: [string, string][] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ['Ctrl K', 'Search and commands'],
      ['g e', 'Episodes'],
      ['g d', 'Devices'],
      ['g k', 'API keys'],
      ['g m', 'Members'],
      ['g o', 'Organization'],
      ['?', 'This list'],
    ],
  },
  {
    title: 'In the list of episodes',
    keys: [
      ['/', 'Filter'],
      ['j', 'Next episode'],
      ['k', 'Previous episode'],
      ['x', 'Select it'],
      ['Enter', 'Open it'],
    ],
  },
  {
    title: 'In the player',
    keys: [
      ['Space', 'Play or pause'],
      ['←', 'One frame back'],
      ['→', 'One frame on'],
      ['Shift ← →', 'One second'],
      ['f', 'Jump to the failure'],
    ],
  },
]

/** The keys that work on every page, and the list of all keys. */
export function GlobalShortcuts(): JSX.Element {
  const navigate = useNavigate()
  const session = useSession()
  useShortcuts({
    'g e': () => navigate(session.href('/portal/episodes')),
    'g d': () => navigate(session.href('/portal/devices')),
    'g k': () => navigate(session.href('/portal/api-keys')),
    'g m': () => navigate(session.href('/portal/members')),
    'g o': () => navigate(session.href('/portal/organization')),
    'Ctrl K': openPalette,
    '?': openShortcutList,
  })
  return (
    <Dialog open={shortcutsOpen()} onClose={() => setShortcutsOpen(false)} title="Keyboard shortcuts">
      <For each={LIST}>
        {(group) => (
          <section class={css.group}>
            <h3>{group.title}</h3>
            <dl>
              <For each={group.keys}>
                {([keys, what]) => (
                  <div class={css.line}>
                    <dt>{what}</dt>
                    <dd>
                      <For each={keys.split(' ')}>{(key) => <kbd class={css.key}>{key}</kbd>}</For>
                    </dd>
                  </div>
                )}
              </For>
            </dl>
          </section>
        )}
      </For>
    </Dialog>
  )
}
