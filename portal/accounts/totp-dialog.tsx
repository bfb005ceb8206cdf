import { createSignal, type JSX, onMount, Show } from 'solid-js'
import { encode } from 'uqr'
import { api, fieldError, type TotpSetup } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { refetchFactors } from './factor-queries.ts'
import css from './totp-dialog.module.css'

/** Shows the secret to an authenticator app, and turns it on with a first code of it. */
export function TotpDialog(props: { close: () => void; codes: (codes: string[]) => void }): JSX.Element {
  const [setup, setSetup] = createSignal<TotpSetup>()
  let field: HTMLInputElement | undefined
  const load = createSubmission(async () => {
    setSetup(await api.auth.startTotp.mutate())
    field?.focus()
  })
  onMount(() => void load.submit())
  const [code, setCode] = createSignal('')
  const { error, busy, submit } = createSubmission(async () => {
    const { recovery_codes } = await api.auth.confirmTotp.mutate({ code: code() })
    await refetchFactors()
    toast({ title: 'Authenticator turned on' })
    props.close()
    props.codes(recovery_codes)
  })
  const wrong = () => fieldError(error(), 'code')
  return (
    <Dialog
      open
      onClose={props.close}
      title="Set up an authenticator app"
      description="Scan the picture with the app, or type the key into it. Then type the six digits it shows."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="totp" variant="primary" busy={busy()} disabled={!setup()}>
            Turn on
          </Button>
        </>
      }
    >
      <FormProblem error={load.error()} />
      <div class={css.body}>
        <Show when={setup()} fallback={<div class={css.blank} aria-busy="true" />}>
          {(one) => (
            <>
              <QrCode text={one().uri} />
              <div class={css.key}>
                <code>{groups(one().secret)}</code>
                <CopyButton text={one().secret} what="key" />
              </div>
            </>
          )}
        </Show>
        <form id="totp" onSubmit={submit}>
          <FormProblem error={error()} except={['code']} />
          <Field
            ref={field}
            label="Code"
            mono
            inputmode="numeric"
            autocomplete="one-time-code"
            required
            placeholder="000000"
            value={code()}
            onText={setCode}
            error={wrong() && `This code ${wrong()}.`}
          />
        </form>
      </div>
    </Dialog>
  )
}

function groups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}

/** Dark on white in both themes: cameras expect it. */
function QrCode(props: { text: string }): JSX.Element {
  const code = () => encode(props.text, { ecc: 'M', border: 3 })
  const path = () =>
    code()
      .data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
      .join('')
  return (
    <svg
      class={css.qr}
      viewBox={`0 0 ${code().size} ${code().size}`}
      shape-rendering="crispEdges"
      role="img"
      aria-label="The key, as a picture to scan"
    >
      <path d={path()} />
    </svg>
  )
}
