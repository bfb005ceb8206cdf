import type { Command } from '../../cli/command.ts'
import { isOneFile } from '../binary/carried.ts'
import type { Environment } from '../environment.ts'
import { createStaff } from './admin/create-staff.ts'
import { listKeys } from './admin/list-keys.ts'
import { listStaff } from './admin/list-staff.ts'
import { quota } from './admin/quota.ts'
import { resetPassword } from './admin/reset-password.ts'
import { resetSecondFactor } from './admin/reset-second-factor.ts'
import { revokeKey } from './admin/revoke-key.ts'
import { backup } from './backup.ts'
import { config } from './config.ts'
import { doctor } from './doctor.ts'
import { health } from './health.ts'
import { licenses } from './licenses.ts'
import { migrate } from './migrate.ts'
import { restore } from './restore.ts'
import { serve } from './serve.ts'
import { serviceInstall } from './service.ts'
import { serviceStatus } from './service-status.ts'
import { serviceUninstall } from './service-uninstall.ts'
import { verifyBackupCommand } from './verify-backup.ts'

/**
 * What somebody who runs a server calls at its machine, in the order of help. They work on the data folder itself and
 * ask nobody for a sign-in: whoever may read that folder is the operator.
 *
 * @example process.exitCode = await run(args, processHost('robotrace'), operatorCommands(process.env))
 */
export function operatorCommands(environment: Environment): readonly Command[] {
  const commands = [
    serve,
    config,
    health,
    doctor,
    migrate,
    backup,
    () => verifyBackupCommand,
    restore,
    () => serviceInstall(),
    () => serviceStatus(),
    () => serviceUninstall(),
    createStaff,
    listStaff,
    resetPassword,
    resetSecondFactor,
    listKeys,
    revokeKey,
    quota,
    ...(isOneFile ? [() => licenses] : []),
  ]
  return commands.map((command) => command(environment))
}
