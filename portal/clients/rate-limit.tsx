import { useMutation } from '@tanstack/solid-query'
import { createSignal, type JSX } from 'solid-js'
import { api, type ClientDetail, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { toast } from '../ui/toast.tsx'
import { clientQuery } from './client-queries.ts'
import css from './clients.module.css'

/** How many requests a minute each key of the client may make. */
export function RateLimit(props: { client: ClientDetail }): JSX.Element {
  const saved = () => String(props.client.rate_limit ?? '')
  const [typed, setTyped] = createSignal<string>()
  const text = () => typed() ?? saved()
  const save = useMutation(() => ({
    mutationFn: (rate_limit: number | null) =>
      api.keyPolicy.setRateLimit.mutate({ organization_id: props.client.id, rate_limit }),
    onSuccess: async ({ rate_limit }) => {
      await queryClient.invalidateQueries({ queryKey: clientQuery(props.client.id).queryKey })
      setTyped(undefined)
      toast({ title: rate_limit === null ? 'Back to the default' : 'Rate limit changed' })
    },
  }))
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    save.mutate(text().trim() === '' ? null : Number(text()))
  }
  return (
    <Section
      title="Rate limit"
      note="Applies from the next request on. Uploads, finalizing and device logins are never refused for it."
    >
      <form class={css.limit} onSubmit={submit}>
        <Field
          label="Requests a minute for each key"
          inputmode="numeric"
          autocomplete="off"
          maxLength={7}
          placeholder="Default"
          hint="Empty: the server's default, 60 unless ROBOTRACE_RATE_LIMIT says otherwise."
          value={text()}
          onText={setTyped}
          error={fieldError(save.error, 'rate_limit')}
        />
        <Button type="submit" busy={save.isPending} disabled={text() === saved()}>
          Save limit
        </Button>
        <FormProblem error={save.error} except={['rate_limit']} />
      </form>
    </Section>
  )
}
