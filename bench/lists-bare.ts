import type Sqlite from 'better-sqlite3'

/** What a page of the episode list may be narrowed by. */
interface Wanted {
  limit: number
  archived: boolean
  [filter: string]: unknown
}

const EQUAL = ['status', 'source', 'policy_version', 'robot', 'device_id']

/** The first page of a list as one statement, without a bound and without a word about indexes. */
export function barePages(sqlite: Sqlite.Database, organization_id: string): (wanted: Wanted) => void {
  return (wanted) => {
    const terms = ['organization_id = ?', `archived_at IS ${wanted.archived ? 'NOT ' : ''}NULL`]
    const params: unknown[] = [organization_id]
    const add = (term: string, value: unknown): void => {
      if (value === null || value === undefined) return
      terms.push(term)
      params.push(value)
    }
    for (const column of EQUAL) add(`${column} = ?`, wanted[column])
    add('project_id = ?', wanted.project)
    add('created_at >= ?', wanted.since)
    add('created_at < ?', wanted.until)
    const order = 'ORDER BY created_at DESC, id DESC LIMIT ?'
    sqlite
      .prepare(`SELECT * FROM episodes WHERE ${terms.join(' AND ')} ${order}`)
      .all(...params, wanted.limit)
  }
}
