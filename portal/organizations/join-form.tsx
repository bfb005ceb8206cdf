import { useNavigate } from '@solidjs/router'
import { createSignal, type JSX } from 'solid-js'
import entry from '../accounts/entry.module.css'
import { Entry } from '../accounts/entry.tsx'
import { ProviderSignIn } from '../accounts/provider-sign-in.tsx'
import { api, fieldError, type InvitationView } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Lead } from './invitation-lead.tsx'

/** For an address without an account: a name, a password, and one is in. */
export function JoinForm(props: { view: InvitationView; token: string; joined: () => void }): JSX.Element {
  const [name, setName] = createSignal('')
  const [password, setPassword] = createSignal('')
  const navigate = useNavigate()
  const { error, busy, submit } = createSubmission(async () => {
    await api.invitation.join.mutate({ token: props.token, name: name(), password: password() })
    props.joined()
    await queryClient.invalidateQueries({ queryKey: ['me'] })
    navigate('/portal/episodes', { replace: true })
  })
  return (
    <Entry title={`Join ${props.view.organization}`} lead={<Lead view={props.view} />}>
      <form class={entry.form} onSubmit={submit}>
        <FormProblem error={error()} except={['name', 'password']} />
        <Field
          label="E-mail"
          type="email"
          autocomplete="username"
          readOnly
          value={props.view.email}
          onText={() => {}}
        />
        <Field
          label="Your name"
          autocomplete="name"
          maxLength={80}
          required
          autofocus
          value={name()}
          onText={setName}
          error={fieldError(error(), 'name')}
        />
        <Field
          label="Password"
          type="password"
          autocomplete="new-password"
          minLength={8}
          required
          hint="8 characters or more. A sentence is easier to keep than a puzzle."
          value={password()}
          onText={setPassword}
          error={fieldError(error(), 'password')}
        />
        <Button type="submit" variant="primary" busy={busy()}>
          Make account and join
        </Button>
      </form>
      <ProviderSignIn />
    </Entry>
  )
}
