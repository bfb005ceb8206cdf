import { useQuery } from '@tanstack/solid-query'
import Plus from 'lucide-solid/icons/plus'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, type RetentionRule } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { NewRule } from './new-rule.tsx'
import css from './storage.module.css'
import { rulesQuery, sentenceOf } from './storage-queries.ts'

/** What goes to the trash by itself. */
export function RetentionRules(props: {
  organization_id: string
  mayChange: boolean
  trash_days: number
}): JSX.Element {
  const rules = useQuery(() => rulesQuery(props.organization_id))
  const [adding, setAdding] = createSignal(false)
  const [removing, setRemoving] = createSignal<RetentionRule>()
  return (
    <div class={css.block}>
      <h3>Retention rules</h3>
      <p class={css.dim}>
        Once a day they move episodes to the trash, where each can be restored for{' '}
        {count(props.trash_days, 'day')}. Archived episodes are kept.
      </p>
      <Show
        when={rules.isSuccess && rules.data.length > 0}
        fallback={<p>{rules.isSuccess ? 'No rules: everything is kept until somebody deletes it.' : '…'}</p>}
      >
        <ul class={css.list} aria-label="Retention rules">
          <For each={rules.data}>
            {(rule) => (
              <li class={css.item}>
                <p>
                  {sentenceOf(rule)}{' '}
                  <span class={css.dim}>
                    <Show when={rule.last_run_at} fallback="not run yet">
                      {(at) => (
                        <>
                          ran <Time at={at()} />
                        </>
                      )}
                    </Show>
                  </span>
                </p>
                <Show when={props.mayChange}>
                  <Button
                    size="sm"
                    aria-label={`Remove: ${sentenceOf(rule)}`}
                    onClick={() => setRemoving(rule)}
                  >
                    Remove
                  </Button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.mayChange}>
        <div>
          <Button onClick={() => setAdding(true)}>
            <Plus size={15} aria-hidden="true" /> Add rule
          </Button>
        </div>
      </Show>
      <Show when={adding()}>
        <NewRule {...props} close={() => setAdding(false)} />
      </Show>
      <AskDialog
        open={removing() !== undefined}
        close={() => setRemoving(undefined)}
        title="Remove this rule?"
        verb="Remove rule"
        description={`${removing() ? sentenceOf(removing() as RetentionRule) : ''} will no longer go to the trash by themselves. What is there already stays there.`}
        act={async () => {
          const rule = removing()
          if (!rule) return
          await api.storage.removeRule.mutate({ organization_id: props.organization_id, id: rule.id })
          await queryClient.invalidateQueries({ queryKey: ['storage', props.organization_id] })
          toast({ title: 'Rule removed' })
        }}
      />
    </div>
  )
}
