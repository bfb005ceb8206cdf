import { Client } from '../../sdk/mod.ts'

/** What a script does after `robotrace login`: nothing about keys. */
await using episode = await new Client({ verbose: true }).startEpisode({ name: 'pick_and_place v3' })
const { status } = await episode.finalize({ status: 'ready' })
console.log(status)
