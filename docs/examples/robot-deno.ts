// What runs on a robot, on Deno 2: it says that it is there, and logs a run.
//
//   deno add npm:robotrace
//   ROBOTRACE_API_KEY=… ROBOTRACE_BASE_URL=… deno run --allow-net --allow-read --allow-env --allow-sys robot-deno.ts run.mp4
//
// The key is the one that `robotrace device enroll` got for this device; it may also be in ~/.robotrace/credentials.
import { Client, RobotraceError } from 'robotrace'

const [video = './run.mp4'] = Deno.args
const client = new Client()

const metrics = () => {
  const { available, total } = Deno.systemMemoryInfo()
  return { memory_usage: 100 * (1 - available / total) }
}
// Both end with the block: the beats stop, and the episode is ready, or failed when something was thrown.
{
  using _beats = client.startHeartbeats({
    metrics,
    on_trouble: (error) => console.error('No heartbeat:', error),
  })
  await using episode = await client.startEpisode({ name: 'pick_and_place v3', request_uploads: ['video'] })
  try {
    await episode.upload('video', video)
    console.log(`Logged ${episode.id}`)
  } catch (error) {
    if (!(error instanceof RobotraceError)) throw error
    console.error(`Not uploaded: ${error.message}`)
    Deno.exitCode = 1
  }
}
