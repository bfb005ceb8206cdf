import { chmodSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, mended, ok, problem, reason } from './finding.ts'

const CHECK = 'data folder'

/** Whose the data folder is, and that nobody else may read what is in it: database, secret, blobs, backups before upgrades. */
export function* checkFolder(named: string, fix: boolean): Generator<Finding> {
  // What counts of a link is what it leads to: its own mode is always open.
  const data = realpathSync(named)
  const me = process.getuid?.()
  const { uid } = lstatSync(data)
  if (me !== undefined && uid !== me && me !== 0) {
    yield problem(
      CHECK,
      `${data} belongs to user ${uid}, and this is user ${me}.`,
      `Run RoboTrace as the owner, or: chown -R ${me} ${data}`,
    )
    return
  }
  let wrong = 0
  for (const { path, mode } of kept(data)) {
    // Journals come and go beside a running server.
    const open = (lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777
    if ((open & ~mode) === 0) continue
    wrong++
    const message = `${path} can be read or changed by others (${open.toString(8)}).`
    const command = `chmod ${mode.toString(8)} ${path}`
    yield fix ? close(path, mode, message, command) : problem(CHECK, message, command)
  }
  if (wrong === 0) yield ok(CHECK, `${data} is its owner’s alone.`)
}

function close(path: string, mode: number, message: string, command: string): Finding {
  try {
    chmodSync(path, mode)
    return mended(CHECK, message, `Closed to others: ${command}`)
  } catch (error) {
    return problem(CHECK, `${message} It could not be closed: ${reason(error)}`, `As its owner: ${command}`)
  }
}

/** The folder itself, and what stands in it directly: whoever cannot enter it reads nothing further below. */
function* kept(data: string): Generator<{ path: string; mode: number }> {
  yield { path: data, mode: 0o700 }
  for (const entry of readdirSync(data, { withFileTypes: true })) {
    const path = join(data, entry.name)
    if (entry.isDirectory()) yield { path, mode: 0o700 }
    else if (entry.isFile()) yield { path, mode: 0o600 }
  }
}
