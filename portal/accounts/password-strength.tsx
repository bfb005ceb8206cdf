import { createResource, type JSX, Show, Suspense } from 'solid-js'
import css from './password-strength.module.css'

/** How long a stolen hash of it would resist, in words; the server alone judges what it takes. */
const WORDS = ['Very weak', 'Weak', 'Could be better', 'Good', 'Strong']

/** Says how hard a password is to guess, as it is typed. What it needs for that is fetched with the first letter. */
export function PasswordStrength(props: { password: string; words: string[] }): JSX.Element {
  const [meter] = createResource(() => props.password !== '' || undefined, loadMeter)
  // Checked while typing: a long text says no more than its beginning, and takes longer.
  const score = () => (props.password ? meter()?.(props.password.slice(0, 100), props.words) : undefined)
  return (
    <Suspense fallback={<div class={css.meter} />}>
      <div class={css.meter}>
        <Show when={score() !== undefined}>
          <span class={css.bar} aria-hidden="true" data-score={score()}>
            <i />
            <i />
            <i />
            <i />
          </span>
        </Show>
        <span role="status">{words(score())}</span>
      </div>
    </Suspense>
  )
}

function words(score: number | undefined): string {
  return score === undefined ? '' : (WORDS[score] ?? '')
}

async function loadMeter() {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })
  return (password: string, words: string[]) =>
    zxcvbn.check(password, ['robotrace', ...words.flatMap((text) => text.split(/[^\p{L}\p{N}]+/u))]).score
}
