import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Artifact, ArtifactKind } from '../../sdk/wire.ts'
import { type Command, type Given, PROFILE_FLAG } from '../command.ts'
import { connected } from '../connection.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { clean, done, say } from '../print.ts'
import { size } from '../words.ts'
import { actingOf, ORG_FLAG } from './acting.ts'
import { episodeId } from './episode.ts'
import { fetchFile } from './fetch-file.ts'
import { oneOf } from './list.ts'

const EXTENSIONS: Record<ArtifactKind, string> = { video: 'mp4', sensors: 'npz', actions: 'npz' }

export const episodeDownload: Command = {
  name: 'episode download',
  summary: 'the files of a run, each checked against its SHA-256; goes on where it was broken off',
  examples: [
    'robotrace episode download ep_4n5f0q',
    'robotrace episode download ep_4n5f0q --kind video --to ./runs',
  ],
  argument: { name: 'episode', about: 'its id, or the address of its page' },
  flags: [
    {
      name: 'kind',
      value: 'kind',
      choices: Object.keys(EXTENSIONS),
      about: 'video, sensors or actions (default: all that there are)',
    },
    { name: 'to', value: 'folder', about: 'where to (default: this folder)' },
    { name: 'force', about: 'replace files that are there' },
    ORG_FLAG,
    PROFILE_FLAG,
  ],
  run: download,
}

async function download(host: Host, given: Given): Promise<number> {
  const id = episodeId(given.argument)
  const kind = oneOf(given, 'kind', ['video', 'sensors', 'actions'])
  const to = given.text('to') ?? '.'
  const folder = resolve(host.cwd, to)
  await requireFolder(folder, to)
  return connected(host, given, async (connection) => {
    const client = await actingOf(host, given, connection)
    const artifacts = chosen(await client.getEpisode(id), kind)
    const stop = new AbortController()
    const forget = host.onInterrupt((status) => stop.abort(new Failure('Canceled.', { status })))
    try {
      for (const artifact of artifacts) {
        const path = join(folder, `${id}-${artifact.kind}.${EXTENSIONS[artifact.kind]}`)
        const open = (range: string | undefined) =>
          client.downloadArtifact(id, artifact.kind, { range, signal: stop.signal })
        const { seconds, resumed_at } = await fetchFile(host, {
          artifact,
          path,
          open,
          force: given.flag('force'),
          signal: stop.signal,
        })
        const went_on = resumed_at === 0 ? '' : `, went on at ${size(resumed_at)}`
        done(
          host,
          `${artifact.kind}: ${size(artifact.size_bytes)} in ${seconds.toFixed(1)} s, sha256 checked${went_on}`,
        )
        say(host, clean(path))
      }
    } finally {
      forget()
    }
    return EXIT.ok
  })
}

function chosen(
  { id, artifacts }: { id: string; artifacts: Artifact[] },
  kind: ArtifactKind | undefined,
): Artifact[] {
  const found = artifacts.filter((one) => kind === undefined || one.kind === kind)
  if (found.length > 0) return found
  const others = artifacts.map((one) => one.kind).join(' and ')
  throw new Failure(`Episode ${clean(id)} has no ${kind ?? 'files'}.`, {
    hint: others ? `it has ${others}` : 'it may still be recording: `robotrace episode show` tells',
  })
}

async function requireFolder(folder: string, named: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory()) return
  throw new Failure(`${named} is ${found ? 'no folder' : 'not there'}.`, {
    hint: '`--to ./runs`',
    status: EXIT.usage,
  })
}
