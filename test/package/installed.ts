import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packIfStale } from '../../scripts/pack.ts'

const run = promisify(execFile)

/** A folder in which somebody has just typed `npm install robotrace`. */
export interface Installed extends Disposable {
  folder: string
  /** The command line of the package, for `node <this>`. */
  cli: string
}

/** @example using installed = await installPackage(); spawn(process.execPath, [installed.cli, 'whoami']) */
export async function installPackage(): Promise<Installed> {
  const { tarball } = await packIfStale()
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-installed-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', tarball], {
    cwd: folder,
  })
  return {
    folder,
    cli: join(folder, 'node_modules/robotrace/bin/robotrace.js'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
