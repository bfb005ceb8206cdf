import { fileURLToPath } from 'node:url'
import { Client, type LogEpisode } from '../../sdk/mod.ts'
import type { TestServer } from '../harness.ts'

/** The sample recording: 6 s at 30 fps, each frame with its number drawn into it. */
export const VIDEO = fileURLToPath(
  new URL('../../scripts/sample/recordings/dropped-cube/video.mp4', import.meta.url),
)

export const FRAMES_PER_SECOND = 30

/** The SDK with a key of this server. */
export function sdk(server: TestServer, api_key: string): Client {
  return new Client({ base_url: server.url, api_key, verbose: false })
}

/** A failed run with a video, logged the way a script does it. */
export function logFailedRun(server: TestServer, api_key: string, more: LogEpisode = {}) {
  return sdk(server, api_key).logEpisode({
    name: 'cube to bin',
    robot: 'bench-arm-03',
    source: 'sim',
    policy_version: 'pick-place 0.4.2',
    env_version: 'tabletop-sim 1.3.0',
    git_sha: '9c1e7a40b2d84f6e8a1355f0c7d92be461f0a7d3',
    seed: 18446744073709551615n,
    fps: FRAMES_PER_SECOND,
    duration_s: 6,
    status: 'failed',
    failure_time_s: 4.1,
    failure_reason: 'grip lost',
    video: VIDEO,
    ...more,
  })
}
