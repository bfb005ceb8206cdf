import type { Snippet } from '../ui/snippet.ts'

const IN_A_CHECKOUT = 'Save it as log.ts in the root of a checkout of this project, whose SDK it imports.'

/**
 * The lines that log a first episode to this server, in every language one may come from. Each runs as it is
 * pasted, given a key in ROBOTRACE_API_KEY.
 *
 * @param project slug of the one they log to; left out: `default`, which needs no mention
 * @example firstEpisodeSnippets('https://robotrace.example')[0]?.name // 'curl'
 */
export function firstEpisodeSnippets(base_url: string, project = 'default'): Snippet[] {
  const isNamed = project !== 'default'
  const header = isNamed ? `\n  -H "X-RoboTrace-Project: ${project}" \\` : ''
  const script = `// Runs inside a checkout of this project.
import { Client } from './sdk/mod.ts'

const robotrace = new Client({ base_url: '${base_url}'${isNamed ? `, project: '${project}'` : ''} })
await robotrace.logEpisode({
  name: 'first run',
  policy_version: 'v1',
  video: 'scripts/sample/recordings/pick-and-place/video.mp4',
})`
  return [
    {
      name: 'curl',
      code: `id=$(curl -fsS ${base_url}/api/ingest/episode \\
  -H "Authorization: Bearer $ROBOTRACE_API_KEY" \\${header}
  -H "Content-Type: application/json" \\
  -d '{"name":"first run","policy_version":"v1"}' \\
  | sed 's/.*"episode_id":"\\([^"]*\\)".*/\\1/')

curl -fsS "${base_url}/api/ingest/episode/$id/finalize" \\
  -H "Authorization: Bearer $ROBOTRACE_API_KEY" \\${header}
  -H "Content-Type: application/json" \\
  -d '{"status":"ready"}'`,
    },
    { name: 'Node', code: script, note: IN_A_CHECKOUT, run: 'npx tsx log.ts' },
    { name: 'Deno', code: script, note: IN_A_CHECKOUT, run: 'deno run -A log.ts' },
    { name: 'Bun', code: script, note: IN_A_CHECKOUT, run: 'bun log.ts' },
    {
      name: 'Python',
      code: `# export ROBOTRACE_API_KEY=rt_…
# export ROBOTRACE_BASE_URL=${base_url}
import robotrace as rt

ep = rt.start_episode(name="first run", policy_version="v1")
ep.finalize(status="ready")`,
      note: isNamed
        ? 'With the robotrace package from PyPI, unchanged. It knows no projects: give it a key that is for this one only.'
        : 'With the robotrace package from PyPI, unchanged. It reads the two variables by itself.',
    },
  ]
}
