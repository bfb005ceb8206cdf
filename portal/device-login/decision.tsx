import { type JSX, Show } from 'solid-js'
import { fieldError, type Me } from '../api.ts'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { type Answer, type AnswerProps, createAnswer } from './answer.ts'
import { Answers } from './answers.tsx'
import { createAwake } from './awake.ts'
import css from './device-login.module.css'
import { Frame } from './frame.tsx'
import { KeyFacts, TerminalFacts } from './login-facts.tsx'
import { OtherNetwork } from './other-network.tsx'
import { UserCodeField } from './user-code-field.tsx'

/** The question itself: who asks, for what, and the two answers. */
export function Decision(props: AnswerProps & { me: Me }): JSX.Element {
  const answer = createAnswer(props)
  const guard = createAwake()
  const email = () => props.me.account.email
  const atPassword = () => answer.mustProve() && fieldError(answer.error(), 'password')
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (guard.awake()) void answer.authorize()
  }
  return (
    <Frame
      title="Is this your terminal?"
      lead={answer.mustType() ? undefined : 'Make sure the same code shows in your terminal.'}
      email={email()}
    >
      <Show when={!props.login.same_network}>
        <OtherNetwork login={props.login} />
      </Show>
      <Show when={!answer.mustType()}>
        <p class={css.code}>{props.login.user_code}</p>
      </Show>
      <TerminalFacts login={props.login} />
      <form onSubmit={submit}>
        <KeyFacts login={props.login} chosen={answer.chosen()} choose={answer.choose} />
        <Show when={answer.mustProve()}>
          <Proof answer={answer} email={email()} sameNetwork={props.login.same_network} />
        </Show>
        <p class={css.warning}>Only continue if you started this yourself, just now.</p>
        <Show when={answer.error() && !atPassword()}>
          <FormProblem error={answer.error()} />
        </Show>
        <Answers
          guard={guard}
          busy={answer.busy()}
          impossible={props.login.organizations.length === 0}
          refuse={() => void answer.refuse()}
        />
      </form>
    </Frame>
  )
}

/** What is asked for on top: from another network, or because the organization wants it at every login. */
function Proof(props: { answer: Answer; email: string; sameNetwork: boolean }): JSX.Element {
  return (
    <div class={css.proof}>
      <Show when={props.answer.mustType()}>
        <UserCodeField
          label="Code in your terminal"
          code={props.answer.code()}
          onCode={props.answer.setCode}
          error={props.answer.codeError()}
        />
      </Show>
      {/* Password managers pair the password with this name. */}
      <input type="hidden" name="username" autocomplete="username" value={props.email} />
      <Field
        label="Your password"
        type="password"
        autocomplete="current-password"
        required
        hint={props.sameNetwork && 'This organization asks for it at every login of a terminal.'}
        value={props.answer.password()}
        onText={props.answer.setPassword}
        error={fieldError(props.answer.error(), 'password') && 'This is not your password.'}
      />
    </div>
  )
}
