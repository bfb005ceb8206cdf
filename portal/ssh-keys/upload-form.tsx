import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Field, LinesField } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './ssh-keys.module.css'

/** A .pub file has a few hundred characters; more is something else that was dropped by mistake. */
const MOST_BYTES = 16_384

const PRIVATE = /PRIVATE[\s-]*KEY|b3BlbnNzaC1rZXktdjE|PuTTY-User-Key-File/i

/** "upload new public key": its text and a name for it; a .pub file may be dropped onto it. */
export function UploadForm(): JSX.Element {
  const [text, setText] = createSignal('')
  const [name, setName] = createSignal('')
  const [over, setOver] = createSignal(false)
  const [burnt, setBurnt] = createSignal(false)
  const { error, busy, submit, forget } = createSubmission(async () => {
    const key = await api.sshKeys.add.mutate({ name: name().trim(), key_text: text() })
    setText('')
    setName('')
    await queryClient.invalidateQueries({ queryKey: ['ssh-keys'] })
    toast({ title: 'Key uploaded', detail: key.warning ?? `${key.name} · ${key.fingerprint}` })
  })
  const wrong = () => {
    const words = fieldError(error(), 'key_text')
    return words && `This ${words}.`
  }
  const type = (given: string): void => {
    forget()
    // What follows a private key in the same breath is the rest of it, until something begins like a public one.
    const isRest = burnt() && !/^\s*(?:ssh|ecdsa|sk)-/.test(given)
    const isPrivate = isRest || PRIVATE.test(given)
    setBurnt(isPrivate)
    setText(given)
    // Not even kept in the field, let alone sent.
    if (isPrivate) setText('')
  }
  const drop = async (event: DragEvent): Promise<void> => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer?.files[0]
    if (!file) return type(event.dataTransfer?.getData('text/plain') ?? '')
    type((await file.slice(0, MOST_BYTES).text()).trim())
    if (!burnt() && name() === '') setName(file.name.replace(/\.pub$/, ''))
  }
  return (
    <Section title="upload new public key">
      <form
        class={css.form}
        data-over={over() || undefined}
        aria-label="upload new public key"
        onSubmit={submit}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <LinesField
          label="key text"
          placeholder="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA… art@laptop"
          hint="The text of the .pub file. The file can be dropped here, too."
          rows={4}
          lines={text()}
          onText={type}
          error={wrong()}
        />
        <Show when={burnt()}>
          <div class={css.burnt} role="alert">
            <TriangleAlert size={16} aria-hidden="true" />
            <p>
              That was a <strong>private key</strong>. It was taken out of the field and not sent, but it has
              been in your clipboard: consider it burnt if anybody else could read that. Paste the file that
              ends in <code>.pub</code>.
            </p>
          </div>
        </Show>
        <Field
          label="name"
          placeholder="work laptop"
          maxLength={80}
          required
          autocomplete="off"
          value={name()}
          onText={(given) => {
            forget()
            setName(given)
          }}
          error={fieldError(error(), 'name')}
        />
        <FormProblem error={error()} except={['key_text', 'name']} />
        <div>
          <Button type="submit" variant="primary" busy={busy()} disabled={text().trim() === ''}>
            submit
          </Button>
        </div>
      </form>
    </Section>
  )
}
