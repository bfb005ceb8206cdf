import { Tabs } from '@kobalte/core/tabs'
import { For, type JSX, Show } from 'solid-js'
import css from './code-tabs.module.css'
import { CopyButton } from './copy-button.tsx'
import type { Snippet } from './snippet.ts'

/** The same thing in several languages, each ready to paste. */
export function CodeTabs(props: { label: string; snippets: Snippet[] }): JSX.Element {
  return (
    <Tabs class={css.tabs} defaultValue={idOf(props.snippets[0]?.name ?? '')}>
      <Tabs.List class={css.list} aria-label={props.label}>
        <For each={props.snippets}>
          {(one) => (
            <Tabs.Trigger class={css.trigger} value={idOf(one.name)}>
              {one.name}
            </Tabs.Trigger>
          )}
        </For>
      </Tabs.List>
      <For each={props.snippets}>
        {(one) => (
          <Tabs.Content class={css.content} value={idOf(one.name)}>
            <Show when={one.note}>
              <p class={css.note}>{one.note}</p>
            </Show>
            <CodeBlock code={one.code} what={`${one.name} code`} />
            <Show when={one.run}>
              {(run) => (
                <p class={css.run}>
                  <code>$ {run()}</code>
                </p>
              )}
            </Show>
          </Tabs.Content>
        )}
      </For>
    </Tabs>
  )
}

/** Fit for an id, which takes no spaces. */
function idOf(name: string): string {
  return name.replace(/\W+/g, '-')
}

/** Code with a copy button. */
export function CodeBlock(props: { code: string; what: string }): JSX.Element {
  return (
    <div class={css.block}>
      {/* Scrollable areas are reachable by keyboard, or their far end is not. */}
      <pre tabindex="0" role="region" aria-label={props.what}>
        <code>{props.code}</code>
      </pre>
      <CopyButton class={css.copy} text={props.code} what={props.what} />
    </div>
  )
}
