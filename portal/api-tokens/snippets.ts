import type { Snippet } from '../ui/snippet.ts'

/**
 * What one does with a token that was downloaded as jwt.txt. Each runs as it is pasted, beside that file.
 *
 * @param organization slug of the one to act in
 */
export function tokenSnippets(base_url: string, organization: string): Snippet[] {
  return [
    {
      name: 'curl',
      note: 'Beside the downloaded jwt.txt. The header says in which of your organizations.',
      code: `curl -fsS "${base_url}/api/episodes?limit=5" \\
  -H "Authorization: Bearer $(cat jwt.txt)" \\
  -H "X-RoboTrace-Organization: ${organization}"`,
    },
    {
      name: 'Shell',
      note: 'For the SDK and the robotrace command.',
      code: `export REROBOTS_API_TOKEN="$(cat jwt.txt)"
export ROBOTRACE_BASE_URL=${base_url}
export ROBOTRACE_ORG=${organization}`,
    },
    {
      name: 'Look inside',
      note: 'Whose it is, and until when. The token itself is not printed.',
      code: 'npx robotrace token jwt.txt',
    },
  ]
}
