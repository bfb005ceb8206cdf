import type { Snippet } from '../ui/code-tabs.tsx'

/** The lines that log a first episode to this server, in every language one may come from. */
export function firstEpisodeSnippets(base_url: string): Snippet[] {
  const script = `import { Client } from '@robotrace/sdk'

const robotrace = new Client({ base_url: '${base_url}' })
await robotrace.logEpisode({ name: 'first run', policy_version: 'v1', video: './run.mp4' })`
  return [
    { name: 'Node', code: script, run: 'node first-run.mjs' },
    { name: 'Deno', code: script, run: 'deno run -A first-run.ts' },
    { name: 'Bun', code: script, run: 'bun first-run.ts' },
    {
      name: 'curl',
      code: `curl ${base_url}/api/ingest/episode \\
  -H "Authorization: Bearer $ROBOTRACE_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"name":"first run","policy_version":"v1","request_uploads":["video"]}'`,
      note: 'The answer holds a signed address for the video: send it with PUT, then finalize the episode.',
    },
    {
      name: 'Python',
      code: `import os, robotrace

robotrace.init(api_key=os.environ["ROBOTRACE_API_KEY"], base_url="${base_url}")
robotrace.log_episode(name="first run", policy_version="v1", video="./run.mp4")`,
      note: 'With the robotrace package from PyPI, unchanged.',
    },
  ]
}
