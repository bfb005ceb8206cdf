import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { z } from 'zod'
import { finalized, read, signedGet, withVideo } from './episode-requests.ts'
import type { TestServer } from './harness.ts'
import { operator } from './operator-commands.ts'

const made = z.object({
  name: z.string(),
  path: z.string(),
  at: z.string(),
  blobs: z.object({ count: z.number(), gone: z.number(), damaged: z.number() }),
  copied: z.object({ count: z.number(), size_bytes: z.number() }),
  secret: z.string(),
})

/** Makes a backup as an operator does. */
export async function backUp(server: TestServer, to: string, ...flags: string[]) {
  const { status, host, json } = await operator(server.data, 'backup', '--to', to, '--json', ...flags)
  if (status !== 0) throw new Error(`backup ended with ${status}: ${host.text()}`)
  return made.parse(json())
}

/** Episodes with a video each, acknowledged; by their id what was uploaded. */
export async function record(server: TestServer, key: string, many: number): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  for (let nth = 0; nth < many; nth++) {
    const bytes = `video ${nth} ${'#'.repeat(nth * 1000)} ${Math.random()}`
    const { id } = await withVideo(server, key, bytes)
    await finalized(server, key, id)
    all.set(id, bytes)
  }
  return all
}

export async function expectEpisodes(
  server: TestServer,
  key: string,
  wanted: Map<string, string>,
): Promise<void> {
  for (const [id, bytes] of wanted) {
    expect((await read(server, key, id)).status).toBe('ready')
    expect(await (await fetch(await signedGet(server, key, id))).text()).toBe(bytes)
  }
}

/** Flips one bit of a file. */
export function damage(path: string): void {
  const bytes = readFileSync(path)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

export function tear(path: string): void {
  writeFileSync(path, readFileSync(path).subarray(0, 100))
}

/** The files of a folder of backups that hold bytes. */
export const blobsIn = (folder: string): string[] =>
  readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

export function inBackup(folder: string, name: string): string {
  const [only = ''] = readdirSync(folder).filter((one) => /^\d{4}-/.test(one))
  return join(folder, only, name)
}
