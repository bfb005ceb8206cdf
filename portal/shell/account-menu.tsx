import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { useNavigate } from '@solidjs/router'
import Check from 'lucide-solid/icons/check'
import KeyRound from 'lucide-solid/icons/key-round'
import Keyboard from 'lucide-solid/icons/keyboard'
import LogOut from 'lucide-solid/icons/log-out'
import Monitor from 'lucide-solid/icons/monitor'
import Moon from 'lucide-solid/icons/moon'
import Settings from 'lucide-solid/icons/settings'
import Sun from 'lucide-solid/icons/sun'
import { For, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { useSession } from '../accounts/session.tsx'
import { signOut } from '../accounts/sign-out.ts'
import menu from '../ui/menu.module.css'
import { createMenuChoice } from '../ui/menu.ts'
import { setTheme, type Theme, theme } from '../ui/theme.ts'
import { openShortcutList } from './overlays.ts'
import css from './side-bar.module.css'

const THEMES: { value: Theme; label: string; icon: typeof Sun }[] = [
  { value: 'system', label: 'Follow the system', icon: Monitor },
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
]

/** The signed-in person: settings, theme, shortcuts, sign out. */
export function AccountMenu(): JSX.Element {
  const session = useSession()
  const navigate = useNavigate()
  const choice = createMenuChoice()
  const account = () => session.me().account
  const initial = () => (account().name || account().email).slice(0, 1).toUpperCase()
  return (
    <DropdownMenu placement="top-start" modal={false}>
      <DropdownMenu.Trigger
        class={css.account}
        aria-label={`Account menu of ${account().name}`}
        title={account().email}
      >
        <span class={css.avatar} aria-hidden="true">
          {initial()}
        </span>
        <span class={css.name}>{account().name}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content class={menu.menu} onCloseAutoFocus={choice.run}>
        <p class={menu.label}>{account().email}</p>
        <DropdownMenu.Item class={menu.item} onSelect={() => navigate(session.href('/portal/settings'))}>
          <Settings size={15} aria-hidden="true" /> Settings
        </DropdownMenu.Item>
        <DropdownMenu.Item
          class={menu.item}
          onSelect={() => navigate(session.href('/portal/settings/api-keys'))}
        >
          <KeyRound size={15} aria-hidden="true" /> Personal API keys
        </DropdownMenu.Item>
        <DropdownMenu.Item class={menu.item} onSelect={() => choice.set(openShortcutList)}>
          <Keyboard size={15} aria-hidden="true" /> Keyboard shortcuts
        </DropdownMenu.Item>
        <DropdownMenu.Separator class={menu.separator} />
        <DropdownMenu.RadioGroup
          value={theme()}
          onChange={(next) => setTheme(THEMES.find((one) => one.value === next)?.value ?? 'system')}
        >
          <DropdownMenu.GroupLabel class={menu.label}>Theme</DropdownMenu.GroupLabel>
          <For each={THEMES}>
            {(one) => (
              <DropdownMenu.RadioItem class={menu.item} value={one.value} closeOnSelect={false}>
                <Dynamic component={one.icon} size={15} aria-hidden="true" /> {one.label}
                <DropdownMenu.ItemIndicator class={menu.tick}>
                  <Check size={14} aria-hidden="true" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            )}
          </For>
        </DropdownMenu.RadioGroup>
        <DropdownMenu.Separator class={menu.separator} />
        <DropdownMenu.Item class={menu.item} onSelect={() => void signOut()}>
          <LogOut size={15} aria-hidden="true" /> Sign out
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu>
  )
}
