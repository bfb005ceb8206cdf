/** What decides how the line looks. */
export interface Terminal {
  env: (name: string) => string | undefined
  /** Whether standard output is a terminal. */
  tty: boolean
  /** What the caller asked for; undefined: nothing. */
  verbose: boolean | undefined
}

/** Set by terminals that turn OSC 8 into a link. */
const MARKS = [
  'KITTY_WINDOW_ID',
  'WT_SESSION',
  'KONSOLE_VERSION',
  'ALACRITTY_WINDOW_ID',
  'DOMTERM',
  'WEZTERM_PANE',
]
const PROGRAMS = ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper', 'Tabby', 'rio', 'WarpTerminal', 'zed']

/**
 * The line `[robotrace] → <page>`, as a link where the terminal has links (OSC 8). Undefined when nothing
 * is to be printed: no terminal, or `ROBOTRACE_QUIET` is 1, true or yes, unless `verbose` says otherwise.
 *
 * @example portalLine('http://localhost:3000/portal/episodes/ep_8f3c', { env, tty: true, verbose: undefined })
 */
export function portalLine(url: string, terminal: Terminal): string | undefined {
  const quiet = /^(?:1|true|yes)$/i.test(terminal.env('ROBOTRACE_QUIET') ?? '')
  if (!(terminal.verbose ?? (terminal.tty && !quiet))) return undefined
  const text =
    terminal.tty && hasLinks(terminal.env) ? `\u001b]8;;${url}\u001b\\${url}\u001b]8;;\u001b\\` : url
  return `[robotrace] → ${text}`
}

/** True when the terminal that sets these variables turns OSC 8 into a link. */
export function hasLinks(env: Terminal['env']): boolean {
  const term = env('TERM') ?? ''
  if (term === 'dumb') return false
  if (MARKS.some((name) => env(name) !== undefined)) return true
  if (PROGRAMS.includes(env('TERM_PROGRAM') ?? '') || env('TERMINAL_EMULATOR') === 'JetBrains-JediTerm')
    return true
  // GNOME's terminals have links since VTE 0.50, written 5000.
  return /^(?:alacritty|xterm-kitty|xterm-ghostty|foot)/.test(term) || Number(env('VTE_VERSION') ?? 0) >= 5000
}
