import { createSignal, type JSX } from 'solid-js'
import { api, fieldError, type Me } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { count } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { PasswordStrength } from './password-strength.tsx'
import css from './settings-page.module.css'

/** Changes the password, which signs every other session out. */
export function PasswordForm(props: { account: Me['account'] }): JSX.Element {
  const [current, setCurrent] = createSignal('')
  const [next, setNext] = createSignal('')
  const { error, busy, submit } = createSubmission(async () => {
    const { sessions_ended } = await api.auth.changePassword.mutate({
      current_password: current(),
      new_password: next(),
    })
    const detail = sessions_ended > 0 ? `${count(sessions_ended, 'other session')} signed out.` : undefined
    toast({ title: 'Password changed', detail })
    setCurrent('')
    setNext('')
    await queryClient.invalidateQueries({ queryKey: ['sessions'] })
  })
  return (
    <form class={css.form} onSubmit={submit}>
      <FormProblem error={error()} except={['current_password', 'new_password']} />
      {/* Password managers pair the new password with this name. */}
      <input type="hidden" name="username" autocomplete="username" value={props.account.email} />
      <Field
        label="Current password"
        type="password"
        autocomplete="current-password"
        required
        value={current()}
        onText={setCurrent}
        error={fieldError(error(), 'current_password') && 'This is not your current password.'}
      />
      <div class={css.new}>
        <Field
          label="New password"
          type="password"
          autocomplete="new-password"
          minLength={8}
          required
          hint="8 characters or more. Every other session is signed out."
          value={next()}
          onText={setNext}
          error={sentence(fieldError(error(), 'new_password'))}
        />
        <PasswordStrength password={next()} words={[props.account.email, props.account.name]} />
      </div>
      <div>
        <Button type="submit" busy={busy()}>
          Change password
        </Button>
      </div>
    </form>
  )
}

function sentence(message: string | undefined): string | undefined {
  return message && `The new password ${message}.`
}
