import type { Session } from '../accounts/session.tsx'
import { signOut } from '../accounts/sign-out.ts'
import { seenEpisodes } from '../episodes/episode-queries.ts'
import { setTheme } from '../ui/theme.ts'
import { isAdmin } from './is-admin.ts'
import { openShortcutList } from './overlays.ts'

export interface Command {
  label: string
  hint: string
  run: () => void
}

/** What the palette offers for a text: everything whose words all begin somewhere in the label. */
export function listCommands(text: string, session: Session, navigate: (path: string) => void): Command[] {
  const id = text.trim()
  const go = (path: string) => () => navigate(path)
  const direct = /^ep_[0-9a-z]{6,}$/.test(id)
    ? [{ label: `Open episode ${id}`, hint: 'By id', run: go(`/portal/episodes/${id}`) }]
    : []
  const words = id.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (command: Command) =>
    words.every((word) => `${command.label} ${command.hint}`.toLowerCase().includes(word))
  return [...direct, ...pages(session, go), ...places(session), ...episodes(go), ...settings()].filter(
    (command) => direct.includes(command) || fits(command),
  )
}

function pages(session: Session, go: (path: string) => () => void): Command[] {
  const staff = session.me().account.staff
  return [
    { label: 'Episodes', hint: 'g e', run: go(session.href('/portal/episodes')) },
    { label: 'Failed episodes', hint: 'Filter', run: go(session.href('/portal/episodes?status=failed')) },
    { label: 'API keys', hint: 'g k', run: go(session.href('/portal/api-keys')) },
    { label: 'Personal API keys', hint: 'Settings', run: go(session.href('/portal/settings/api-keys')) },
    { label: 'Devices', hint: 'g d', run: go(session.href('/portal/devices')) },
    { label: 'SSH keys', hint: 'Page', run: go(session.href('/portal/ssh-keys')) },
    { label: 'API tokens', hint: 'Page', run: go(session.href('/portal/tokens')) },
    { label: 'Members', hint: 'g m', run: go(session.href('/portal/members')) },
    { label: 'Organization', hint: 'g o', run: go(session.href('/portal/organization')) },
    ...(isAdmin(session.organization())
      ? [{ label: 'Audit', hint: 'Page', run: go(session.href('/portal/audit')) }]
      : []),
    { label: 'Webhooks', hint: 'Organization', run: go(session.href('/portal/organization#webhooks')) },
    { label: 'API reference', hint: 'Documents', run: () => location.assign('/docs/api') },
    { label: 'Settings', hint: 'Page', run: go(session.href('/portal/settings')) },
    ...(staff ? [{ label: 'Clients', hint: 'Admin', run: go('/admin/clients') }] : []),
    ...(staff ? [{ label: 'Server audit', hint: 'Admin', run: go('/admin/audit') }] : []),
  ]
}

function places(session: Session): Command[] {
  const organization = session.organization()
  const others = session.me().organizations.filter((one) => one.id !== organization?.id)
  const projects = organization?.projects.filter((one) => one.id !== session.project()?.id) ?? []
  const every = session.project() !== null && projects.length > 0
  return [
    ...projects.map((one) => ({
      label: `Project ${one.name}`,
      hint: one.archived_at === null ? 'Project' : 'Archived project',
      run: () => session.chooseProject(one),
    })),
    ...(every ? [{ label: 'All projects', hint: 'Project', run: () => session.chooseProject(null) }] : []),
    ...others.map((one) => ({
      label: `Switch to ${one.name}`,
      hint: 'Organization',
      run: () => session.choose(one),
    })),
  ]
}

function episodes(go: (path: string) => () => void): Command[] {
  return seenEpisodes()
    .slice(0, 20)
    .map((one) => ({
      label: one.name ?? one.id,
      hint: `Episode · ${one.status}`,
      run: go(`/portal/episodes/${one.id}`),
    }))
}

function settings(): Command[] {
  return [
    { label: 'Light theme', hint: 'Theme', run: () => setTheme('light') },
    { label: 'Dark theme', hint: 'Theme', run: () => setTheme('dark') },
    { label: 'Follow the system theme', hint: 'Theme', run: () => setTheme('system') },
    { label: 'Keyboard shortcuts', hint: '?', run: openShortcutList },
    { label: 'Sign out', hint: 'Account', run: () => void signOut() },
  ]
}
