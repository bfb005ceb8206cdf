import { defineConfig, type Plugin } from 'vite'
import solid from 'vite-plugin-solid'

/**
 * Cascade layers take their order from the first style sheet that names one, and with a sheet a page any of
 * them may be first. So each of ours begins with the whole order.
 */
const layerOrder: Plugin = {
  name: 'layer-order',
  enforce: 'pre',
  transform: {
    filter: { id: /\/portal\/.*\.css$/ },
    handler: (code) => `@layer reset, tokens, base, ui;\n${code}`,
  },
}

/**
 * The portal's build. Nothing may be inlined into the page: the server's Content-Security-Policy only
 * allows what comes from its own origin as a file, so assets never become data: URLs.
 */
export default defineConfig({
  root: 'portal',
  plugins: [solid(), layerOrder],
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
