import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Renderer } from './render.ts'
import { FPS } from './sensors.ts'
import { FRAME } from './view.ts'

/** A keyframe this often makes every seek of a player cheap: at most 14 frames to decode before the one asked for. */
export const KEYFRAME_INTERVAL = 15

/**
 * Renders a whole run into an mp4 that every browser plays and seeks exactly: H.264, yuv420p, BT.709,
 * closed groups of 15 frames, no B-frames, index in front.
 *
 * @throws Error with ffmpeg's own words when it fails or is not installed
 * @example await writeVideo(createRenderer(run, 'pick-place 0.4.2'), 'video.mp4')
 */
export async function writeVideo(renderer: Renderer, path: string): Promise<void> {
  const ffmpeg = spawn('ffmpeg', [...INPUT, ...ENCODER, path], { stdio: ['pipe', 'ignore', 'pipe'] })
  let complaints = ''
  ffmpeg.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  const ended = once(ffmpeg, 'close')
  const fed = pipeline(Readable.from(frames(renderer)), ffmpeg.stdin)
  const [[status]] = await Promise.all([ended, fed])
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}: ${complaints}`)
}

function* frames(renderer: Renderer): Generator<Uint8Array> {
  for (let frame = 0; frame < renderer.count; frame++) yield renderer.draw(frame)
}

const INPUT = [
  ...['-y', '-loglevel', 'error', '-f', 'rawvideo', '-pix_fmt', 'rgb24'],
  ...['-s', `${FRAME.width}x${FRAME.height}`, '-r', String(FPS), '-i', 'pipe:0'],
]

// One thread and no dates or versions in the file: the same encoder then writes the same bytes.
const ENCODER = [
  ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p'],
  ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
  ...['-c:v', 'libx264', '-preset', 'veryslow', '-crf', '22', '-threads', '1'],
  ...[
    '-g',
    String(KEYFRAME_INTERVAL),
    '-keyint_min',
    String(KEYFRAME_INTERVAL),
    '-sc_threshold',
    '0',
    '-bf',
    '0',
  ],
  ...['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-movflags', '+faststart'],
]
