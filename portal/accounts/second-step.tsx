import Fingerprint from 'lucide-solid/icons/fingerprint-pattern'
import { createSignal, type JSX, onMount, Show } from 'solid-js'
import { api, problemOf, type SecondStep as Step } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './entry.module.css'
import { Entry } from './entry.tsx'
import { canUsePasskeys, usePasskey } from './passkey.ts'

type Proof = Parameters<typeof api.auth.finishSignIn.mutate>[0]['proof']

/** After the right password: a code or a passkey. */
export function SecondStep(props: {
  step: Step
  /** The step is over: the password has to be typed again, and why. */
  over: (why?: unknown) => void
}): JSX.Element {
  const finish = async (proof: Proof): Promise<void> => {
    try {
      await api.auth.finishSignIn.mutate({ challenge: props.step.challenge, proof })
    } catch (problem) {
      if (problemOf(problem).code === 'not_found') return props.over(problem)
      throw problem
    }
    await queryClient.invalidateQueries({ queryKey: ['me'] })
  }
  const passkey = () => {
    const options = props.step.passkey
    return options && canUsePasskeys(options.rpId) ? options : null
  }
  const typed = () => props.step.methods.some((method) => method !== 'passkey')
  return (
    <Entry title="Second step" lead="The password is right. This account asks for one thing more.">
      <Show when={typed()}>
        <CodeForm methods={props.step.methods} finish={finish} />
      </Show>
      <Show when={passkey()}>
        {(options) => <PasskeyButton options={options()} first={!typed()} finish={finish} />}
      </Show>
      <p class={css.small}>
        <button type="button" class={css.back} onClick={() => props.over()}>
          Sign in as somebody else
        </button>
      </p>
    </Entry>
  )
}

function CodeForm(props: { methods: Step['methods']; finish: (proof: Proof) => Promise<void> }): JSX.Element {
  const [code, setCode] = createSignal('')
  let field: HTMLInputElement | undefined
  onMount(() => field?.focus())
  const { error, busy, submit } = createSubmission(() => props.finish({ code: code() }))
  const hint = () => {
    if (!props.methods.includes('totp')) return 'One of your recovery codes.'
    if (!props.methods.includes('recovery')) return 'Six digits from your authenticator app.'
    return 'Six digits from your authenticator app, or one of your recovery codes.'
  }
  const message = () => problemOf(error()).errors?.find(({ path }) => path === 'code')?.message
  return (
    <form class={css.form} onSubmit={submit}>
      <FormProblem error={error()} except={['code']} />
      <Field
        ref={field}
        label="Code"
        mono
        name="code"
        autocomplete="one-time-code"
        required
        hint={hint()}
        value={code()}
        onText={setCode}
        error={error() ? message() && `This code ${message()}.` : undefined}
      />
      <Button type="submit" variant="primary" busy={busy()}>
        Continue
      </Button>
    </form>
  )
}

function PasskeyButton(props: {
  options: NonNullable<Step['passkey']>
  first: boolean
  finish: (proof: Proof) => Promise<void>
}): JSX.Element {
  const { error, busy, submit } = createSubmission(async () =>
    props.finish({ passkey: await usePasskey({ options: props.options }) }),
  )
  return (
    <div class={css.form}>
      <FormProblem error={error()} />
      <Button class={css.tall} variant={props.first ? 'primary' : 'secondary'} busy={busy()} onClick={submit}>
        <Fingerprint size={15} aria-hidden="true" /> Use a passkey
      </Button>
    </div>
  )
}
