import type { Episode } from '../../sdk/episodes.ts'
import { RobotraceError } from '../../sdk/errors.ts'
import type { ArtifactKind, Metadata } from '../../sdk/wire.ts'
import { type Command, type Given, PLACE_FLAGS } from '../command.ts'
import { connected } from '../connection.ts'
import { placeOf } from '../context/place.ts'
import { EXIT, Failure, failureOf } from '../failure.ts'
import type { Host } from '../host.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { jsonLine, yamlText } from '../output/safe-text.ts'
import { clean, done, paint, say, warn } from '../print.ts'
import { makeProgress } from '../progress.ts'
import { size } from '../words.ts'
import { commitOf } from './git.ts'
import { type Logged, loggedOf } from './log-input.ts'

export const episodeLog: Command = {
  name: 'episode log',
  summary: 'upload a run that has been recorded: its files, and what it takes to do it again',
  examples: [
    'robotrace episode log --video run.mp4 --sensors run.npz --robot arm-7 --policy-version pap-v3',
    'robotrace episode log --video crash.mp4 --status failed --failure-time 12.8 --metadata task=pick',
  ],
  flags: [
    { name: 'video', value: 'file', about: 'MP4' },
    { name: 'sensors', value: 'file', about: 'NPZ' },
    { name: 'actions', value: 'file', about: 'NPZ' },
    { name: 'name', value: 'text', about: 'what to call it' },
    { name: 'robot', value: 'name', about: 'which one did it' },
    {
      name: 'source',
      value: 'source',
      choices: ['real', 'sim', 'replay'],
      about: 'real (default), sim or replay',
    },
    { name: 'policy-version', value: 'text', about: 'what drove it' },
    { name: 'env-version', value: 'text', about: 'where it ran' },
    { name: 'git-sha', value: 'text', about: 'the code that ran (default: the commit of this folder)' },
    { name: 'no-git', about: 'do not look at this folder’s git' },
    { name: 'seed', value: 'n', about: 'of its random numbers, up to 64 bits' },
    { name: 'fps', value: 'n', about: 'frames per second of the video' },
    { name: 'duration', value: 's', about: 'seconds' },
    { name: 'status', value: 'status', choices: ['ready', 'failed'], about: 'how it ended (default: ready)' },
    { name: 'failure-time', value: 's', about: 'seconds from its start at which it failed' },
    { name: 'failure-reason', value: 'text', about: 'why it failed' },
    {
      name: 'metadata',
      value: 'name=value',
      many: true,
      about: 'more about it, or @file.json; numbers, true, false, lists and objects as JSON; repeatable',
    },
    ...PLACE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  run: log,
}

async function log(host: Host, given: Given): Promise<number> {
  const format = formatOf(host, given)
  const logged = loggedOf(host, given)
  const commit = logged.git_sha === undefined && !given.flag('no-git') ? await commitOf(host.cwd) : undefined
  const metadata: Metadata = commit?.dirty ? { git_dirty: true, ...logged.metadata } : logged.metadata
  return connected(host, given, async (connection) => {
    const { organization, project } = await placeOf(host, given, connection)
    const client = connection.client({ organization: organization.value, project: project.value })
    const episode = await client.startEpisode({
      ...logged.start,
      git_sha: logged.git_sha ?? commit?.sha,
      metadata,
    })
    if (commit?.dirty)
      warn(host, `The working folder has changes that commit ${commit.sha.slice(0, 7)} has not.`)
    await transfer(host, episode, logged)
    const { portal_url: page } = episode
    done(host, `Logged ${episode.id} as ${logged.end.status} (${size(episode.bytes_total)}).`)
    const item = {
      id: episode.id,
      status: logged.end.status,
      bytes_total: episode.bytes_total,
      git_sha: logged.git_sha ?? commit?.sha ?? null,
      portal_url: page,
    }
    if (format === 'table') say(host, paint(host.out, host.env).link(clean(page)))
    else if (format === 'yaml') host.out.write(yamlText(item))
    else say(host, format === 'json' ? jsonLine(item) : episode.id)
    return EXIT.ok
  })
}

/** Uploads one file after the other, then finalizes. Whatever stops it, the episode is ended and what arrived is told. */
async function transfer(host: Host, episode: Episode, { files, end }: Logged): Promise<void> {
  const stop = new AbortController()
  const forget = host.onInterrupt((status) =>
    stop.abort(new Failure('Canceled.', { status, reason: 'canceled' })),
  )
  const arrived: ArtifactKind[] = []
  try {
    for (const [kind, path] of files) {
      await upload(host, episode, { kind, path, signal: stop.signal })
      arrived.push(kind)
    }
    stop.signal.throwIfAborted()
    await episode.finalize(end)
  } catch (error) {
    throw await abandoned(episode, error, {
      arrived,
      missing: files.map(([kind]) => kind).slice(arrived.length),
    })
  } finally {
    forget()
  }
}

async function upload(
  host: Host,
  episode: Episode,
  { kind, path, signal }: { kind: ArtifactKind; path: string; signal: AbortSignal },
): Promise<void> {
  const line = makeProgress(host, kind)
  let total = 0
  try {
    await episode.upload(kind, path, {
      signal,
      on_progress: ({ sent_bytes, total_bytes }) => {
        total = total_bytes
        line.update(sent_bytes, total_bytes)
      },
    })
  } finally {
    line.clear()
  }
  const seconds = Math.max(line.seconds(), 0.001)
  done(
    host,
    `${kind}: ${size(total)} in ${seconds.toFixed(1)} s (${(total / 1e6 / seconds).toFixed(1)} MB/s)`,
  )
}

/** The failure to show, with what of the run is kept: an episode that nobody ends would count as recording for ever. */
async function abandoned(
  episode: Episode,
  error: unknown,
  { arrived, missing }: { arrived: ArtifactKind[]; missing: ArtifactKind[] },
): Promise<unknown> {
  if (!(error instanceof Failure || error instanceof RobotraceError)) return error
  const failure = failureOf(error)
  const canceled = failure.reason === 'canceled'
  const reason = canceled ? 'the upload was canceled' : failure.message
  const ended = await episode.finalize({ status: 'failed', failure_reason: reason }).then(
    () => 'is kept as failed',
    () => 'could not be ended and still counts as recording',
  )
  const kept = arrived.length === 0 ? 'nothing of it arrived' : `${arrived.join(' and ')} arrived`
  const lost = missing.length === 0 || arrived.length === 0 ? '' : `, ${missing.join(' and ')} did not`
  return new Failure(`${failure.message} Episode ${episode.id} ${ended}: ${kept}${lost}.`, {
    hint: failure.hint ?? 'run the same command again; it logs another episode',
    status: failure.status,
    reason: failure.reason,
  })
}
