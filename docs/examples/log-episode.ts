// Logs one episode. The key and the address come from ROBOTRACE_API_KEY and ROBOTRACE_BASE_URL, or from what
// `robotrace login` saved. Runs as it is on Node (npx tsx), Deno and Bun.
import { Client } from '../../sdk/mod.ts'

const recording = 'scripts/sample/recordings/pick-and-place'

const episode = await new Client().logEpisode({
  name: 'pick_and_place v3',
  robot: 'bench-arm-03',
  policy_version: 'pap-v3.2.1',
  env_version: 'tabletop-2',
  git_sha: 'abc1234',
  seed: 8124,
  video: `${recording}/video.mp4`,
  sensors: `${recording}/sensors.npz`,
  actions: `${recording}/actions.npz`,
  duration_s: 8,
  fps: 30,
  metadata: { task: 'pick_and_place' },
})
console.log(episode.portal_url)
