import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileKey, flagOf, SETTING_NAMES, SETTINGS, type SettingName } from '../server/settings.ts'

/**
 * Makes the table of docs/configuration.md and the whole of robotrace.example.toml from the one table of settings.
 *
 *   npx tsx scripts/configuration.ts           writes both
 *   npx tsx scripts/configuration.ts --check   exits 1 when one is stale
 */
const [BEGIN, END] = ['<!-- settings: npm run gen -->', '<!-- /settings -->']

function table(): string {
  const lines = SETTING_NAMES.map((name) => {
    const flag = flagOf(name)
    const { about, otherwise, value } = SETTINGS[name]
    const meaning = about.replaceAll('|', '\\|').replaceAll('<', '&lt;')
    const cells = [
      ...[`\`${name}\``, `\`${fileKey(name)}\``],
      ...[
        flag ? `\`--${flag} ${value.replaceAll('|', '\\|')}\`` : 'none: a secret',
        otherwise && `\`${otherwise}\``,
      ],
      meaning,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| Variable | In robotrace.toml | Flag | Default | Meaning |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

function example(): string {
  const settings = SETTING_NAMES.map(
    (name) => `# ${SETTINGS[name].about}\n#${fileKey(name)} = ${written(name)}\n`,
  )
  return [
    '# Copy to robotrace.toml in the folder the server starts in, or to /etc/robotrace/robotrace.toml, and keep what you set.',
    '# Relative paths are relative to that file. It may hold secrets: chmod 600. docs/configuration.md has more.\n',
    ...settings,
  ].join('\n')
}

/** As TOML would have it: what `otherwise` says, or nothing. */
function written(name: SettingName): string {
  const { kind, otherwise } = SETTINGS[name]
  if (kind === 'number') return otherwise
  if (kind === 'switch') return String(otherwise === '1')
  return kind === 'list' ? '[]' : JSON.stringify(otherwise)
}

function between(text: string, made: string): string {
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/configuration.md lost ${BEGIN}`)
  return `${before}${BEGIN}\n${made}\n${END}${after}`
}

function update(path: string, make: (text: string) => string): void {
  const file = new URL(`../${path}`, import.meta.url)
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const made = make(text)
  if (made === text) return
  if (process.argv.includes('--check')) {
    console.error(`Error: ${path} is stale.\nTry: npm run gen`)
    process.exitCode = 1
  } else writeFileSync(file, made)
}

update('docs/configuration.md', (text) => between(text, table()))
update('robotrace.example.toml', example)
