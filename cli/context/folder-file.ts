import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { isPlaceName } from '../../sdk/credentials.ts'
import { isRecord } from '../../sdk/json.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { clean, warn } from '../print.ts'

/** What a file or a profile says of where commands act. */
export interface Choice {
  organization: string | undefined
  project: string | undefined
  /** Where that was read, for people. */
  source: string
}

/** Nobody writes more into it, and it is read at every command. */
const MOST_BYTES = 64 * 1024

/**
 * The nearest `.robotrace.toml` from the working folder upwards: `organization` and `project`, and nothing else that it
 * may hold, so that somebody else's checkout can redirect neither a key nor its deployment. Called as rbtk, a
 * `.roboticks.yaml` beside or above counts where there is no file of ours in the same folder.
 *
 * @returns undefined when there is none
 * @throws Failure for a file that cannot be read or understood
 */
export function folderChoice(host: Host): Choice | undefined {
  const names = host.program === 'rbtk' ? [TOML, YAML] : [TOML]
  for (let folder = host.cwd; ; folder = dirname(folder)) {
    for (const name of names) {
      const path = join(folder, name)
      if (isOurs(host, path)) return readChoice(path, name)
    }
    if (dirname(folder) === folder) return undefined
  }
}

const TOML = '.robotrace.toml'
const YAML = '.roboticks.yaml'

/** In a folder such as /tmp anybody can put one above us: only our own, root's, and everybody's for root, count. */
function isOurs(host: Host, path: string): boolean {
  const found = statOf(path)
  if (!found?.isFile()) return false
  const me = process.getuid?.()
  if (me === undefined || me === 0 || found.uid === me || found.uid === 0) return true
  warn(host, `${clean(path)} belongs to somebody else, and is not read.`)
  return false
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    // A folder that may not be looked into holds nothing for us.
    return undefined
  }
}

function readChoice(path: string, name: string): Choice {
  const content = contentOf(path, name)
  return {
    organization: nameIn(content, 'organization', path),
    project: nameIn(content, 'project', path),
    source: path,
  }
}

function contentOf(path: string, name: string): Record<string, unknown> {
  try {
    if ((statOf(path)?.size ?? 0) > MOST_BYTES) throw new Error('too large')
    const text = readFileSync(path, 'utf8')
    const content: unknown = name === TOML ? parseToml(text) : parseYaml(text, { maxAliasCount: 0 })
    return isRecord(content) ? content : {}
  } catch {
    throw new Failure(`${path} cannot be read as ${name === TOML ? 'TOML' : 'YAML'}.`, {
      hint: 'repair it, or name the place with `--org` and `--project`',
      status: EXIT.usage,
    })
  }
}

function nameIn(content: Record<string, unknown>, member: string, path: string): string | undefined {
  const value = content[member]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && isPlaceName(value)) return value
  throw new Failure(`${member} in ${path} must be a slug or an id.`, {
    hint: `\`${member} = "acme"\``,
    status: EXIT.usage,
  })
}
