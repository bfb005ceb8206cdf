import { createSignal } from 'solid-js'
import { lastOrganization } from '../accounts/place.ts'
import { api, type LoginView, problemOf } from '../api.ts'
import { isSameCode } from './user-code.ts'

export interface AnswerProps {
  login: LoginView
  /** The code was typed here, not brought by a link. */
  typed: boolean
  decided: (login: LoginView) => void
  /** Looks again: something else may have decided. */
  look: () => void
}

/** What is filled in on the page, and sending the answer. */
export function createAnswer(props: AnswerProps) {
  const all = props.login.organizations
  const last = all.find((one) => one.slug === lastOrganization())
  const [organization, setOrganization] = createSignal((last ?? all[0])?.id)
  const chosen = () => props.login.organizations.find((one) => one.id === organization())
  const [code, setCode] = createSignal('')
  const [codeError, setCodeError] = createSignal<string>()
  const [password, setPassword] = createSignal('')
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal<'authorize' | 'refuse'>()
  // From another network a link proves nothing: only what is read off one's own terminal does.
  const mustType = () => !props.login.same_network && !props.typed
  const mustProve = () => !props.login.same_network || chosen()?.password_required === true
  const send = async (what: 'authorize' | 'refuse', answer: () => Promise<LoginView>): Promise<void> => {
    if (busy()) return
    setBusy(what)
    setError(undefined)
    try {
      props.decided(await answer())
    } catch (problem) {
      if (problemOf(problem).code === 'conflict') props.look()
      setPassword('')
      setError(problem)
    } finally {
      setBusy(undefined)
    }
  }
  const authorize = async (): Promise<void> => {
    const organization_id = organization()
    setCodeError(mustType() ? wrongCode(code(), props.login.user_code) : undefined)
    if (!organization_id || codeError()) return
    const user_code = mustType() ? code() : props.login.user_code
    const proof = mustProve() ? { password: password() } : {}
    await send('authorize', () => api.deviceLogin.approve.mutate({ user_code, organization_id, ...proof }))
  }
  const refuse = (): Promise<void> =>
    send('refuse', () => api.deviceLogin.refuse.mutate({ user_code: props.login.user_code }))
  const choose = (organization_id: string): void => {
    // What one organization refused says nothing about another.
    setError(undefined)
    setOrganization(organization_id)
  }
  const type = (typed: string): void => {
    setCodeError(undefined)
    setCode(typed)
  }
  return {
    ...{ chosen, choose, mustType, mustProve, code, setCode: type, codeError },
    ...{ password, setPassword, error, busy, authorize, refuse },
  }
}

export type Answer = ReturnType<typeof createAnswer>

function wrongCode(typed: string, user_code: string): string | undefined {
  if (isSameCode(typed, user_code)) return undefined
  if (typed === '') return 'Type the code that your terminal shows.'
  return 'This page was opened with another code. If your terminal shows this one, somebody sent you theirs: refuse.'
}
