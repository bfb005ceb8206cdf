import Ban from 'lucide-solid/icons/ban'
import Check from 'lucide-solid/icons/check'
import CircleCheck from 'lucide-solid/icons/circle-check'
import Clock from 'lucide-solid/icons/clock'
import ShieldAlert from 'lucide-solid/icons/shield-alert'
import TicketX from 'lucide-solid/icons/ticket-x'
import { type JSX, Show } from 'solid-js'
import type { LoginView } from '../api.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { useNow } from '../ui/time.tsx'
import css from './device-login.module.css'
import { Frame } from './frame.tsx'

/** After the yes: told in the past tense, with a line that turns when the terminal has its key. */
export function Authorized(props: { email: string; login: LoginView }): JSX.Element {
  return (
    <Frame
      title="You authorized this device"
      icon={<Check size={20} aria-hidden="true" />}
      tone="ready"
      email={props.email}
    >
      <div class={css.after}>
        <p>
          <Show when={props.login.hostname} fallback="The terminal">
            {(hostname) => <bdi class="mono">{hostname()}</bdi>}
          </Show>{' '}
          was let in with the code <span class="mono">{props.login.user_code}</span>.{' '}
          <strong>Return to your terminal.</strong>
        </p>
        <p class={css.pickup} role="status">
          <Show
            when={props.login.state === 'consumed'}
            fallback={
              <>
                <span class={css.waiting} aria-hidden="true" /> Waiting for the terminal to pick its key up
              </>
            }
          >
            <CircleCheck size={16} aria-hidden="true" /> The terminal picked its key up. It is signed in.
          </Show>
        </p>
        <div class={css.links}>
          <LinkButton href="/portal/api-keys">API keys</LinkButton>
        </div>
      </div>
    </Frame>
  )
}

/** After the no, or when the rights of whoever said yes were gone by the time the terminal asked. */
export function Refused(props: { email: string; approved: boolean; again: () => void }): JSX.Element {
  return (
    <Over
      title={props.approved ? 'The terminal was turned away' : 'This login was refused'}
      icon={<Ban size={20} aria-hidden="true" />}
      email={props.email}
      then="If you do want to let it in,"
      again={props.again}
    >
      {props.approved
        ? 'Your rights had changed by the time it asked for its key, so it got none.'
        : 'The terminal was turned away and got no key. Nothing else happened.'}
    </Over>
  )
}

export function Expired(props: { email: string; approved: boolean; again: () => void }): JSX.Element {
  return (
    <Over
      title="This login has expired"
      icon={<Clock size={20} aria-hidden="true" />}
      email={props.email}
      then="For a new code,"
      again={props.again}
    >
      {props.approved
        ? 'You authorized it, but the terminal did not pick its key up in time. So there is none.'
        : 'A code lives for ten minutes, and this one was not used.'}
    </Over>
  )
}

export function Used(props: { email: string; again: () => void }): JSX.Element {
  return (
    <Frame
      title="This code has been used"
      icon={<TicketX size={20} aria-hidden="true" />}
      email={props.email}
    >
      <div class={css.after}>
        <p>A code lets one terminal in, once. If that was not yours, look for its key and revoke it.</p>
        <StartAgain>To sign another terminal in,</StartAgain>
        <div class={css.links}>
          <LinkButton href="/portal/api-keys">API keys</LinkButton>
          <Button onClick={props.again}>Enter another code</Button>
        </div>
      </div>
    </Frame>
  )
}

/** Two accounts opened one code. */
export function Stopped(props: { email: string; again: () => void }): JSX.Element {
  return (
    <Over
      title="This login was stopped"
      icon={<ShieldAlert size={20} aria-hidden="true" />}
      tone="failed"
      email={props.email}
      then="To sign in your own terminal,"
      again={props.again}
    >
      Two accounts opened the same code, so nobody was let in and no key was made. A code that was sent to you
      belongs to somebody else’s terminal.
    </Over>
  )
}

/** Counts down to when another code may be tried. */
export function TooManyGuesses(props: {
  email: string
  retry_after: number
  again: () => void
}): JSX.Element {
  const now = useNow()
  const until = Date.now() + props.retry_after * 1000
  // The page's clock ticks once a second and may be that much behind: never say more than the server asked for.
  const left = () => Math.min(props.retry_after, Math.max(0, Math.ceil((until - now()) / 1000)))
  return (
    <Frame
      title="Too many wrong codes"
      icon={<Clock size={20} aria-hidden="true" />}
      tone="attention"
      email={props.email}
    >
      <div class={css.after}>
        <p>
          <Show when={left() > 0} fallback="You can try another code now.">
            For safety, no more codes are taken for a while. Wait <span role="timer">{wait(left())}</span>.
          </Show>
        </p>
        <StartAgain>Your code will have expired by then. For a new one,</StartAgain>
        <div class={css.links}>
          <Button onClick={props.again} disabled={left() > 0}>
            Enter another code
          </Button>
        </div>
      </div>
    </Frame>
  )
}

/** @example wait(581) // '9 min 41 s' */
function wait(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

function StartAgain(props: { children: string }): JSX.Element {
  return (
    <p>
      {props.children} run <code>robotrace login</code> again in the terminal.
    </p>
  )
}

/** An end without a key: why, and how to get to one after all. */
function Over(props: {
  title: string
  icon: JSX.Element
  tone?: 'failed'
  email: string
  /** What starting again is for, as the beginning of that sentence. */
  then: string
  again: () => void
  children: JSX.Element
}): JSX.Element {
  return (
    <Frame title={props.title} icon={props.icon} tone={props.tone} email={props.email}>
      <div class={css.after}>
        <p>{props.children}</p>
        <StartAgain>{props.then}</StartAgain>
        <div class={css.links}>
          <Button onClick={props.again}>Enter another code</Button>
        </div>
      </div>
    </Frame>
  )
}
