import { defineConfig } from 'vite'
import solid from 'vite-plugin-solid'

/**
 * The portal's build. Nothing may be inlined into the page: the server's Content-Security-Policy only
 * allows what comes from its own origin as a file, so assets never become data: URLs.
 */
export default defineConfig({
  root: 'portal',
  plugins: [solid()],
  build: {
    outDir: '../dist/portal',
    emptyOutDir: true,
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['chrome120', 'firefox121', 'safari17.2'],
    chunkSizeWarningLimit: 400,
  },
})
