import type { JSX } from 'solid-js'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { FormProblem } from './problem.tsx'
import { createSubmission } from './submission.ts'

export interface AskDialogProps {
  open: boolean
  close: () => void
  /** The question: `Archive Warehouse?` */
  title: string
  /** What will happen, and what will not. */
  description: JSX.Element
  /** On the button that acts: `Archive`. */
  verb: string
  /** For what ends nothing; the button is red otherwise. */
  harmless?: boolean
  /** The one call; what it throws is shown, and once it is through the dialog is closed. */
  act: () => Promise<unknown>
  /** More to know before deciding. */
  children?: JSX.Element
}

/**
 * Asks before one call.
 *
 * @example <AskDialog open={asking()} close={close} title="Turn it off?" description="…" verb="Turn off" act={off} />
 */
export function AskDialog(props: AskDialogProps): JSX.Element {
  const { error, busy, submit, forget } = createSubmission(async () => {
    await props.act()
    props.close()
  })
  const close = (): void => {
    forget()
    props.close()
  }
  return (
    <Dialog
      open={props.open}
      onClose={close}
      title={props.title}
      description={props.description}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant={props.harmless ? 'primary' : 'danger'} busy={busy()} onClick={submit}>
            {props.verb}
          </Button>
        </>
      }
    >
      {props.children}
      <FormProblem error={error()} />
    </Dialog>
  )
}
