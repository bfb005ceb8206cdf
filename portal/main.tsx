import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './ui/base.css'
import './ui/tokens.css'
import { render } from 'solid-js/web'
import { Portal } from './router.tsx'

const root = document.getElementById('portal')
if (!root) throw new Error('index.html has no #portal')
render(() => <Portal />, root)
