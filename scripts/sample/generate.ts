/**
 * Writes the sample recordings: `npx tsx scripts/sample/generate.ts` (needs ffmpeg with libx264, about 15 s).
 * Arrays and descriptions come out equal byte for byte everywhere; the videos' bytes depend on ffmpeg's version.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describeNote, describeRun, POLICY } from './describe.ts'
import { writeNpz } from './npz.ts'
import { createRenderer } from './render.ts'
import { createRun, DROPPED_CUBE, PICK_AND_PLACE, type RunPlan } from './run.ts'
import { type EpisodeFile, FILE_NAMES, RECORDINGS } from './sample.ts'
import { recordActions, recordSensors } from './sensors.ts'
import { writeVideo } from './video.ts'

await writeRecording('pick-and-place', PICK_AND_PLACE)
await writeRecording('dropped-cube', DROPPED_CUBE)
await writeText('policy-note', describeNote())

async function writeRecording(name: string, plan: RunPlan): Promise<void> {
  const run = createRun(plan)
  await writeText(name, describeRun(run))
  const paths = { video: '', sensors: '', actions: '' }
  for (const kind of ['video', 'sensors', 'actions'] as const)
    paths[kind] = join(RECORDINGS, name, FILE_NAMES[kind])
  await writeFile(paths.sensors, writeNpz(recordSensors(run)))
  await writeFile(paths.actions, writeNpz(recordActions(run)))
  await writeVideo(createRenderer(run, POLICY), paths.video)
  for (const path of Object.values(paths))
    console.log(`${relative('.', path)}  ${(await stat(path)).size} bytes`)
}

async function writeText(name: string, episode: EpisodeFile): Promise<void> {
  await mkdir(join(RECORDINGS, name), { recursive: true })
  await writeFile(join(RECORDINGS, name, 'episode.json'), `${JSON.stringify(episode, null, 2)}\n`)
}
