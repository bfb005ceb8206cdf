// Starts the renderer on this server's own description. Whatever of it would speak to somebody else is left out, and
// the page's Content-Security-Policy would not let it.
const chosen = document.documentElement.dataset.theme
const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches

globalThis.Scalar.createApiReference('#reference', {
  url: '/api/openapi.json',
  theme: 'none',
  withDefaultFonts: false,
  darkMode: dark,
  hideDarkModeToggle: true,
  forceDarkModeState: dark ? 'dark' : 'light',
  hideTestRequestButton: true,
  hideClientButton: true,
  showDeveloperTools: 'never',
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  documentDownloadType: 'none',
  persistAuth: false,
  defaultOpenFirstTag: true,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
})

// The renderer leaves its copy buttons without a name, and its lists of operations out of the keyboard's reach.
function mend() {
  for (const button of document.querySelectorAll(
    '.scalar-code-block button[aria-controls]:not([aria-label])',
  ))
    button.setAttribute('aria-label', 'Copy')
  for (const list of document.querySelectorAll('.endpoints:not([tabindex])'))
    list.setAttribute('tabindex', '0')
}

new MutationObserver(mend).observe(document.body, { childList: true, subtree: true })
