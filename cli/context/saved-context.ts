import { dirname, join } from 'node:path'
import { isPlaceName } from '../../sdk/credentials.ts'
import { readTables, shortPath } from '../../sdk/host/credentials.ts'
import { changePrivateFile } from '../../sdk/host/private-file.ts'
import { isRecord } from '../../sdk/json.ts'
import type { Host } from '../host.ts'
import type { Saved } from '../saved.ts'
import type { Choice } from './folder-file.ts'

const WHAT = 'context file'

/** Beside the credentials, and as private: which customer somebody works for is nobody else's business. */
function pathOf({ path }: Pick<Saved, 'path'>): string {
  return join(dirname(path), 'context.toml')
}

/**
 * What `robotrace context set` saved for this profile.
 *
 * @throws ConfigurationError when the file is there and cannot be read
 */
export function savedContext(host: Host, saved: Saved): Choice | undefined {
  const table = readTables(pathOf(saved), WHAT)?.content[saved.name]
  if (!isRecord(table)) return undefined
  const [organization, project] = [nameOf(table.organization), nameOf(table.project)]
  if (organization === undefined && project === undefined) return undefined
  return { organization, project, source: shortPath(pathOf(saved), host.env) }
}

/** @returns where it was saved, for people */
export async function saveContext(
  host: Host,
  saved: Saved,
  choice: Pick<Choice, 'organization' | 'project'>,
): Promise<string> {
  const { organization, project } = choice
  await change(host, saved, (content) => ({
    ...content,
    [saved.name]: { ...(organization && { organization }), ...(project && { project }) },
  }))
  return shortPath(pathOf(saved), host.env)
}

/** @returns false when there was nothing to forget */
export async function clearContext(host: Host, saved: Saved): Promise<boolean> {
  if (readTables(pathOf(saved), WHAT) === undefined) return false
  return await change(host, saved, (content) => {
    if (!Object.hasOwn(content, saved.name)) return undefined
    const { [saved.name]: _, ...rest } = content
    return rest
  })
}

async function change(
  host: Host,
  saved: Saved,
  edit: (content: Record<string, unknown>) => Record<string, unknown> | undefined,
): Promise<boolean> {
  const path = pathOf(saved)
  const title = [shortPath(path, host.env), 'managed by `robotrace context set`']
  return await changePrivateFile({ path, what: WHAT, title }, edit)
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && isPlaceName(value) ? value : undefined
}
