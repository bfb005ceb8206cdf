import { auditVerify } from './admin/audit-verify.ts'
import { api } from './api.ts'
import { authorizedKeys } from './authorized-keys.ts'
import type { Command } from './command.ts'
import { completionOf } from './completion.ts'
import { context, contextClear, contextList, contextSet } from './context/context.ts'
import { deviceEnroll } from './device/enroll.ts'
import { deviceHeartbeat } from './device/heartbeat.ts'
import { deviceList } from './device/list.ts'
import { deviceRegister } from './device/register.ts'
import { deviceShow } from './device/show.ts'
import { episodeDelete } from './episode/delete.ts'
import { episodeDownload } from './episode/download.ts'
import { episodeList } from './episode/list.ts'
import { episodeLog } from './episode/log.ts'
import { episodeOpen } from './episode/open.ts'
import { episodeRestore } from './episode/restore.ts'
import { episodeShow } from './episode/show.ts'
import type { Host } from './host.ts'
import { keysList } from './keys/list.ts'
import { keysMint } from './keys/mint.ts'
import { keysRevoke } from './keys/revoke.ts'
import { keysRotate } from './keys/rotate.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { scan } from './scan.ts'
import { sshKeysAdd } from './ssh-keys/add.ts'
import { sshKeysList } from './ssh-keys/list.ts'
import { sshKeysRemove } from './ssh-keys/remove.ts'
import { token } from './token.ts'
import { version } from './version.ts'
import { whoami } from './whoami.ts'

/** Every command of a client, in the order of help. */
export const COMMANDS: readonly Command[] = [
  login,
  whoami,
  logout,
  context,
  contextSet,
  contextList,
  contextClear,
  episodeLog,
  episodeList,
  episodeShow,
  episodeOpen,
  episodeDownload,
  episodeDelete,
  episodeRestore,
  deviceList,
  deviceShow,
  deviceRegister,
  deviceEnroll,
  deviceHeartbeat,
  keysList,
  keysMint,
  keysRotate,
  keysRevoke,
  sshKeysAdd,
  sshKeysList,
  sshKeysRemove,
  api,
  scan,
  auditVerify,
  token,
  authorizedKeys,
  version,
]

/** The same three under the names that `rbtk` has for them. */
const OF_RBTK: readonly Command[] = [
  { ...login, name: 'auth login', examples: ['rbtk auth login', 'rbtk auth login --profile staging'] },
  { ...logout, name: 'auth logout', examples: ['rbtk auth logout', 'rbtk auth logout --revoke'] },
  { ...whoami, name: 'auth status', examples: ['rbtk auth status', 'rbtk auth status --json'] },
]

/**
 * What can be called under this name of the program. Completion is made from this list as well.
 *
 * @param more commands of the program that holds these ones
 */
export function commandsOf(program: Host['program'], more: readonly Command[] = []): readonly Command[] {
  const others = program === 'rbtk' ? OF_RBTK : []
  const all: readonly Command[] = [...more, ...COMMANDS, completionOf(() => all), ...others]
  return all
}
