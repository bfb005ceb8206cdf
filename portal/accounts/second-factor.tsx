import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { api, type Factors } from '../api.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { factorsQuery, refetchFactors } from './factor-queries.ts'
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx'
import css from './settings-page.module.css'
import { TotpDialog } from './totp-dialog.tsx'

/** The authenticator app and the codes that stand in for it. */
export function SecondFactor(): JSX.Element {
  const factors = useQuery(() => factorsQuery)
  return (
    <Section
      title="Second factor"
      id="second-factor"
      note="Beside the password, a sign-in then asks for something you have: an authenticator app, or a passkey."
    >
      <Switch fallback={<div class={css.loading} aria-busy="true" />}>
        <Match when={factors.isError}>
          <PageProblem error={factors.error} retry={() => factors.refetch()} />
        </Match>
        <Match when={factors.isSuccess && factors.data}>{(data) => <Rows factors={data()} />}</Match>
      </Switch>
    </Section>
  )
}

function Rows(props: { factors: Factors }): JSX.Element {
  const [open, setOpen] = createSignal<'set-up' | 'off' | 'codes'>()
  const [codes, setCodes] = createSignal<string[]>([])
  const close = () => setOpen(undefined)
  const any = () => props.factors.totp !== null || props.factors.passkeys.length > 0
  return (
    <div class={css.rows}>
      <div class={css.row}>
        <div>
          <p class={css.what}>
            Authenticator app{' '}
            <Show when={props.factors.totp}>
              <Badge tone="ready">On</Badge>
            </Show>
          </p>
          <p class={css.dim}>
            <Show when={props.factors.totp} fallback="Six digits that change every 30 seconds.">
              {(totp) => (
                <>
                  Set up <Time at={totp().confirmed_at} />.
                </>
              )}
            </Show>
          </p>
        </div>
        <Show when={props.factors.totp} fallback={<Button onClick={() => setOpen('set-up')}>Set up</Button>}>
          <Button variant="danger" onClick={() => setOpen('off')}>
            Turn off
          </Button>
        </Show>
      </div>
      <Show when={any()}>
        <div class={css.row}>
          <div>
            <p class={css.what}>Recovery codes</p>
            <p class={css.dim}>{left(props.factors.recovery_codes_left)}</p>
          </div>
          <Button onClick={() => setOpen('codes')}>Make new codes</Button>
        </div>
      </Show>
      <Show when={open() === 'set-up'}>
        <TotpDialog close={close} codes={setCodes} />
      </Show>
      <TurnOff open={open() === 'off'} last={props.factors.passkeys.length === 0} close={close} />
      <MakeCodes open={open() === 'codes'} close={close} codes={setCodes} />
      <Show when={codes().length > 0}>
        <RecoveryCodesDialog codes={codes()} close={() => setCodes([])} />
      </Show>
    </div>
  )
}

function left(codes: number): string {
  if (codes === 0) return 'None are left. Make new ones, or a lost device locks you out.'
  return `${count(codes, 'code')} left, each for one sign-in without your device.`
}

function TurnOff(props: { open: boolean; last: boolean; close: () => void }): JSX.Element {
  const act = async (): Promise<void> => {
    await api.auth.removeTotp.mutate()
    await refetchFactors()
    toast({ title: 'Authenticator turned off' })
  }
  return (
    <AskDialog
      open={props.open}
      close={props.close}
      title="Turn the authenticator off?"
      description={
        props.last
          ? 'Your password alone signs in from then on, and the recovery codes stop working.'
          : 'Your passkeys stay: sign-ins go on asking for one of them.'
      }
      verb="Turn off"
      act={act}
    />
  )
}

function MakeCodes(props: {
  open: boolean
  close: () => void
  codes: (codes: string[]) => void
}): JSX.Element {
  const act = async (): Promise<void> => {
    const { recovery_codes } = await api.auth.remakeRecoveryCodes.mutate()
    await refetchFactors()
    props.codes(recovery_codes)
  }
  return (
    <AskDialog
      open={props.open}
      close={props.close}
      title="Make new recovery codes?"
      description="Ten new codes take the place of all you have: those stop working at once."
      verb="Make new codes"
      harmless
      act={act}
    />
  )
}
