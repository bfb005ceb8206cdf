/** Code that is shown to be copied. */
export interface Snippet {
  name: string
  code: string
  /** A line above the code. */
  note?: string
  /** The command that runs it, shown below. */
  run?: string
}
