import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import Check from 'lucide-solid/icons/check'
import ChevronsUpDown from 'lucide-solid/icons/chevrons-up-down'
import { For, type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { Mark } from '../ui/mark.tsx'
import menu from '../ui/menu.module.css'
import css from './side-bar.module.css'

/** The organization one is looking at; a menu when there are several. */
export function OrganizationSwitcher(): JSX.Element {
  const session = useSession()
  const name = () => session.organization()?.name ?? 'RoboTrace'
  const several = () => session.me().organizations.length > 1
  return (
    <Show
      when={several()}
      fallback={
        <div class={css.who} title={name()}>
          <Mark />
          <span class={css.name}>{name()}</span>
        </div>
      }
    >
      <DropdownMenu placement="bottom-start" modal={false}>
        <DropdownMenu.Trigger class={css.who} aria-label={`Organization: ${name()}. Switch`} title={name()}>
          <Mark />
          <span class={css.name}>{name()}</span>
          <ChevronsUpDown class={css.chevron} size={14} aria-hidden="true" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Content class={menu.menu}>
          <DropdownMenu.RadioGroup
            value={session.organization()?.slug}
            onChange={(slug) => {
              const chosen = session.me().organizations.find((one) => one.slug === slug)
              if (chosen) session.choose(chosen)
            }}
          >
            <DropdownMenu.GroupLabel class={menu.label}>Organizations</DropdownMenu.GroupLabel>
            <For each={session.me().organizations}>
              {(one) => (
                <DropdownMenu.RadioItem class={menu.item} value={one.slug}>
                  {one.name}
                  <DropdownMenu.ItemIndicator class={menu.tick}>
                    <Check size={14} aria-hidden="true" />
                  </DropdownMenu.ItemIndicator>
                </DropdownMenu.RadioItem>
              )}
            </For>
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu>
    </Show>
  )
}
