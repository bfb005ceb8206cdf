import { createSignal, type JSX } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './storage.module.css'

const GB = 1e9

/** How much an organization may store; for administrators of the server. */
export function QuotaForm(props: { organization_id: string; quota_bytes: number | null }): JSX.Element {
  const [text, setText] = createSignal(props.quota_bytes === null ? '' : String(props.quota_bytes / GB))
  const { error, busy, submit } = createSubmission(async () => {
    const { organization_id } = props
    const quota_bytes = text().trim() === '' ? null : Math.round(Number(text()) * GB)
    await api.storage.setQuota.mutate({ organization_id, quota_bytes })
    await queryClient.invalidateQueries({ queryKey: ['storage', organization_id] })
    toast({ title: quota_bytes === null ? 'The quota is gone' : 'Quota set' })
  })
  return (
    <form class={css.quota} onSubmit={submit}>
      <Field
        label="Quota, GB"
        type="number"
        min={0}
        step="any"
        inputMode="decimal"
        placeholder="None"
        value={text()}
        onText={setText}
        error={fieldError(error(), 'quota_bytes')}
      />
      <Button type="submit" busy={busy()}>
        Set quota
      </Button>
      <FormProblem error={error()} except={['quota_bytes']} />
    </form>
  )
}
