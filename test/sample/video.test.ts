import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { POLICY } from '../../scripts/sample/describe.ts'
import { FRAME_CODE, readFrameNumber } from '../../scripts/sample/frame-code.ts'
import { createRenderer } from '../../scripts/sample/render.ts'
import { createRun, DROPPED_CUBE, PICK_AND_PLACE } from '../../scripts/sample/run.ts'
import { RECORDINGS } from '../../scripts/sample/sample.ts'
import { FPS } from '../../scripts/sample/sensors.ts'
import { KEYFRAME_INTERVAL } from '../../scripts/sample/video.ts'

const { width, height } = FRAME_CODE.frame

const probed = z.object({
  streams: z.tuple([
    z.object({
      codec_name: z.string(),
      width: z.number(),
      height: z.number(),
      pix_fmt: z.string(),
      color_space: z.string(),
      has_b_frames: z.number(),
      avg_frame_rate: z.string(),
    }),
  ]),
  frames: z.array(z.object({ key_frame: z.number(), pict_type: z.string(), pts_time: z.string() })),
})

async function probe(path: string) {
  const entries =
    'stream=codec_name,width,height,pix_fmt,color_space,has_b_frames,avg_frame_rate:frame=key_frame,pict_type,pts_time'
  const args = ['-v', 'error', '-show_entries', entries, '-of', 'json', path]
  const { stdout } = await promisify(execFile)('ffprobe', args, { maxBuffer: 1 << 24 })
  return probed.parse(JSON.parse(stdout))
}

/** Decodes a video with ffmpeg, one RGB picture after the other. */
async function* decode(path: string): AsyncGenerator<Buffer> {
  const args = ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
  const { stdout } = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const size = width * height * 3
  let picture = Buffer.alloc(size)
  let filled = 0
  for await (const chunk of stdout) {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(picture, filled, at)
      at += copied
      filled += copied
      if (filled < size) continue
      yield picture
      picture = Buffer.alloc(size)
      filled = 0
    }
  }
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length
}

describe.each([
  { name: 'pick-and-place', plan: PICK_AND_PLACE },
  { name: 'dropped-cube', plan: DROPPED_CUBE },
])('the video of $name', ({ name, plan }) => {
  const path = join(RECORDINGS, name, 'video.mp4')
  const count = plan.duration_s * FPS

  test('is H.264, 640 x 360, yuv420p, BT.709, 30 frames a second for the whole run', async () => {
    const { streams, frames } = await probe(path)
    expect(streams[0]).toEqual({
      ...{ codec_name: 'h264', width: 640, height: 360, pix_fmt: 'yuv420p', color_space: 'bt709' },
      ...{ has_b_frames: 0, avg_frame_rate: '30/1' },
    })
    expect(frames.map((frame) => Number(frame.pts_time).toFixed(3))).toEqual(
      Array.from({ length: count }, (_, i) => (i / FPS).toFixed(3)),
    )
  })

  test('has a keyframe every 15 frames and P-frames between them', async () => {
    const { frames } = await probe(path)
    const expected = Array.from({ length: count }, (_, i) => (i % KEYFRAME_INTERVAL === 0 ? 'I1' : 'P0'))
    expect(frames.map(({ pict_type, key_frame }) => `${pict_type}${key_frame}`)).toEqual(expected)
  })

  test('has its index in front of its pictures, so that it plays while it loads', () => {
    const bytes = readFileSync(path)
    expect(bytes.indexOf('moov')).toBeGreaterThan(0)
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'))
  })

  test('shows in every frame its own number, and the picture the generator draws', async () => {
    const renderer = createRenderer(createRun(plan), POLICY)
    const numbers: (number | undefined)[] = []
    for await (const picture of decode(path)) {
      const frame = numbers.length
      numbers.push(readFrameNumber(picture, width, height))
      if (frame % 41 === 0) expect(meanDifference(picture, renderer.draw(frame))).toBeLessThan(2)
    }
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i))
  })
})

test('all sample recordings together stay under a million bytes', () => {
  const files = readdirSync(RECORDINGS, { recursive: true, encoding: 'utf8' }).map((file) =>
    statSync(join(RECORDINGS, file)),
  )
  const bytes = files.filter((file) => file.isFile()).reduce((sum, file) => sum + file.size, 0)
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThan(1_000_000)
})
