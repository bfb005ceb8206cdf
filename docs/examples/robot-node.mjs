// What runs on a robot, on Node 20 or newer: it says that it is there, and logs a run.
//
//   npm install robotrace
//   ROBOTRACE_API_KEY=… ROBOTRACE_BASE_URL=… node robot-node.mjs run.mp4
//
// The key is the one that `robotrace device enroll` got for this device; it may also be in ~/.robotrace/credentials.
import { freemem, loadavg, totalmem } from 'node:os'
import { Client } from 'robotrace'

const [video = './run.mp4'] = process.argv.slice(2)
const client = new Client()

const heartbeats = client.startHeartbeats({
  metrics: () => ({
    cpu_usage: Math.min(100, loadavg()[0] * 10),
    memory_usage: 100 * (1 - freemem() / totalmem()),
  }),
  on_trouble: (error) => console.error('No heartbeat:', error),
})
try {
  // A file of any size goes up with flat memory. When the work throws, the episode is kept as failed, with the reason.
  const id = await client.recordEpisode({ name: 'pick_and_place v3', seed: 8124 }, async (episode) => {
    await episode.upload('video', video)
    return episode.id
  })
  console.log(`Logged ${id}`)
} finally {
  heartbeats.stop()
}
