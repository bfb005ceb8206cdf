import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import type { JSX } from 'solid-js'
import type { LoginView } from '../api.ts'
import css from './device-login.module.css'

/** Says that terminal and browser are in different places, and what follows from it. */
export function OtherNetwork(props: { login: LoginView }): JSX.Element {
  return (
    <div class={css.alarm} role="note">
      <TriangleAlert size={16} aria-hidden="true" />
      <div>
        <p>
          <strong>This login was started from another network.</strong>
        </p>
        <p>
          The terminal is at <bdi class="mono">{props.login.ip}</bdi>, this browser at{' '}
          <bdi class="mono">{props.login.browser_ip}</bdi>. That is normal for a robot or a server that you
          reached over SSH. If somebody sent you here, refuse.
        </p>
      </div>
    </div>
  )
}
