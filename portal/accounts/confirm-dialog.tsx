import Fingerprint from 'lucide-solid/icons/fingerprint-pattern'
import { createEffect, createSignal, type JSX, onMount, Show } from 'solid-js'
import { api, type ConfirmQuestion, fieldError, problemOf } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import css from './confirm-dialog.module.css'
import { openConfirmation } from './confirmation.ts'
import { canUsePasskeys, usePasskey } from './passkey.ts'
import { signOut } from './sign-out.ts'

/** Asks that it is you, over whatever was being done; that goes on by itself afterwards. Mounted once. */
export function ConfirmDialog(): JSX.Element {
  return (
    <Show when={openConfirmation()} keyed>
      {(one) => <Confirm answer={one.answer} />}
    </Show>
  )
}

function Confirm(props: { answer: (confirmed: boolean) => void }): JSX.Element {
  const [question, setQuestion] = createSignal<ConfirmQuestion>()
  const [busy, setBusy] = createSignal(false)
  const load = createSubmission(async () => setQuestion(await api.auth.askToConfirm.mutate()))
  onMount(() => void load.submit())
  return (
    <Dialog
      open
      onClose={() => props.answer(false)}
      title="Confirm that it is you"
      description="The last time was more than two hours ago. What you were doing goes on by itself afterwards."
      footer={
        <>
          <Button onClick={() => props.answer(false)}>Cancel</Button>
          <Show when={question()?.password}>
            <Button type="submit" form="confirm" variant="primary" busy={busy()}>
              Confirm
            </Button>
          </Show>
        </>
      }
    >
      <FormProblem error={load.error()} />
      <Show when={question()} fallback={<div class={css.blank} aria-busy="true" />}>
        {(one) => (
          <Ways
            question={one()}
            again={() => void load.submit()}
            busy={setBusy}
            done={() => props.answer(true)}
          />
        )}
      </Show>
    </Dialog>
  )
}

function Ways(props: {
  question: ConfirmQuestion
  again: () => void
  busy: (busy: boolean) => void
  done: () => void
}): JSX.Element {
  const passkey = () => {
    const one = props.question.passkey
    return one && canUsePasskeys(one.options.rpId) ? one : null
  }
  return (
    <div class={css.ways}>
      <Show when={props.question.password}>
        <PasswordWay code={props.question.code} busy={props.busy} done={props.done} />
      </Show>
      <Show when={passkey()}>
        {(one) => (
          <>
            <Show when={props.question.password}>
              <p class={css.or}>or</p>
            </Show>
            <PasskeyWay question={one()} again={props.again} done={props.done} />
          </>
        )}
      </Show>
      <Show when={!props.question.password && !passkey()}>
        <p>This account has no password. Sign out and in again with your provider, then repeat this.</p>
        <Button onClick={() => void signOut()}>Sign out</Button>
      </Show>
    </div>
  )
}

function PasswordWay(props: { code: boolean; busy: (busy: boolean) => void; done: () => void }): JSX.Element {
  const [password, setPassword] = createSignal('')
  const [code, setCode] = createSignal('')
  let first: HTMLInputElement | undefined
  onMount(() => first?.focus())
  const { error, busy, submit } = createSubmission(async () => {
    await api.auth.confirm.mutate({ password: password(), ...(props.code ? { code: code() } : {}) })
    props.done()
  })
  createEffect(() => props.busy(busy()))
  return (
    <form id="confirm" class={css.form} onSubmit={submit}>
      <FormProblem error={error()} except={['password', 'code']} />
      <Field
        ref={first}
        label="Your password"
        type="password"
        autocomplete="current-password"
        required
        value={password()}
        onText={setPassword}
        error={fieldError(error(), 'password') && 'This is not your password.'}
      />
      <Show when={props.code}>
        <Field
          label="Code"
          mono
          autocomplete="one-time-code"
          required
          hint="Six digits from your authenticator app, or one of your recovery codes."
          value={code()}
          onText={setCode}
          error={fieldError(error(), 'code') && problemOf(error()).detail}
        />
      </Show>
    </form>
  )
}

function PasskeyWay(props: {
  question: NonNullable<ConfirmQuestion['passkey']>
  again: () => void
  done: () => void
}): JSX.Element {
  const { error, busy, submit } = createSubmission(async () => {
    const passkey = await usePasskey(props.question)
    try {
      await api.auth.confirm.mutate({ challenge: props.question.challenge, passkey })
    } catch (problem) {
      // Each question is answered once.
      props.again()
      throw problem
    }
    props.done()
  })
  return (
    <div class={css.form}>
      <FormProblem error={error()} />
      <Button busy={busy()} onClick={submit}>
        <Fingerprint size={15} aria-hidden="true" /> Use a passkey
      </Button>
    </div>
  )
}
