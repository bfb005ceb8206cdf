import type { JSX } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { RevealOnce } from '../ui/reveal-once.tsx'

/** Shows a new key, once, and where to put it. */
export function RevealDialog(props: { api_key: string; label: string; close: () => void }): JSX.Element {
  const session = useSession()
  return (
    <RevealOnce
      title="Copy your new API key"
      description={
        <>
          This is the whole key of <strong>{props.label}</strong>. It will not be shown again: the server
          keeps only its hash.
        </>
      }
      secret={props.api_key}
      what="API key"
      close={props.close}
    >
      <CodeTabs label="Where to put it" snippets={places(props.api_key, session.me().public_url)} />
    </RevealOnce>
  )
}

function places(key: string, base_url: string) {
  return [
    {
      name: '.env',
      code: `ROBOTRACE_API_KEY=${key}\nROBOTRACE_BASE_URL=${base_url}`,
      note: 'Keep .env out of version control.',
    },
    {
      name: 'Shell',
      code: `export ROBOTRACE_API_KEY=${key}\nexport ROBOTRACE_BASE_URL=${base_url}`,
    },
    {
      name: 'CI',
      code: `env:\n  ROBOTRACE_API_KEY: \${{ secrets.ROBOTRACE_API_KEY }}\n  ROBOTRACE_BASE_URL: ${base_url}`,
      note: 'Save the key as a secret named ROBOTRACE_API_KEY, then hand it to the job.',
    },
    {
      name: 'Code',
      code: `// Runs inside a checkout of this project. Reads ROBOTRACE_API_KEY and ROBOTRACE_BASE_URL.\nimport { Client } from './sdk/mod.ts'\n\nconst robotrace = new Client()`,
      note: 'Code names the variable, never the key.',
    },
  ]
}
