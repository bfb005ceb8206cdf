// What runs on a robot, on Bun 1: it says that it is there, and logs a run.
//
//   bun add robotrace
//   ROBOTRACE_API_KEY=… ROBOTRACE_BASE_URL=… bun robot-bun.ts run.mp4
//
// The key is the one that `robotrace device enroll` got for this device; it may also be in ~/.robotrace/credentials.
import { freemem, totalmem } from 'node:os'
import { Client } from 'robotrace'

const [video = './run.mp4'] = Bun.argv.slice(2)
const client = new Client()

const metrics = () => ({ memory_usage: 100 * (1 - freemem() / totalmem()) })
using _beats = client.startHeartbeats({
  metrics,
  on_trouble: (error) => console.error('No heartbeat:', error),
})

// A path as well as a Bun.file goes up with flat memory. What is not there is failed, with the reason.
const episode = await client.logEpisode({ name: 'pick_and_place v3', video, seed: 8124 })
console.log(`Logged ${episode.id}`)
