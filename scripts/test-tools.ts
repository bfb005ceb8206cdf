import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { installWorkshop } from './binary/workshop.ts'

/**
 * Finds what the tests need besides npm packages: Chromium for the pages, ffmpeg and ffprobe for the sample
 * recording, curl for what the documents say to paste, `script` for a terminal, openssl for certificates, OpenSSH's
 * own programs for what a robot's sshd does with keys, zsh and fish for their completions, nginx and Caddy to stand in front of a server, Docker Compose and
 * systemd-analyze to judge what is written for them, and what the single executable is made with. As root on Debian it
 * installs what is missing; otherwise it says in a sentence what to install.
 */
const NEEDED: { tool: string; candidates: string[]; packages: string[] }[] = [
  { tool: 'Chromium', candidates: ['chromium', 'chromium-browser', 'google-chrome'], packages: ['chromium'] },
  { tool: 'ffmpeg', candidates: ['ffmpeg'], packages: ['ffmpeg'] },
  { tool: 'ffprobe', candidates: ['ffprobe'], packages: ['ffmpeg'] },
  { tool: 'curl', candidates: ['curl'], packages: ['curl'] },
  { tool: 'openssl', candidates: ['openssl'], packages: ['openssl'] },
  { tool: 'script', candidates: ['script'], packages: ['bsdutils'] },
  { tool: 'ssh', candidates: ['ssh'], packages: ['openssh-client'] },
  { tool: 'ssh-keygen', candidates: ['ssh-keygen'], packages: ['openssh-client'] },
  { tool: 'sshd', candidates: ['sshd', '/usr/sbin/sshd'], packages: ['openssh-server'] },
  { tool: 'zsh', candidates: ['zsh'], packages: ['zsh'] },
  { tool: 'fish', candidates: ['fish'], packages: ['fish'] },
  { tool: 'nginx', candidates: ['nginx', '/usr/sbin/nginx'], packages: ['nginx-light'] },
  { tool: 'Caddy', candidates: ['caddy'], packages: ['caddy'] },
  { tool: 'Docker Compose', candidates: ['docker-compose'], packages: ['docker-compose'] },
  { tool: 'systemd-analyze', candidates: ['systemd-analyze'], packages: ['systemd'] },
  { tool: 'gcc', candidates: ['gcc'], packages: ['gcc', 'libc6-dev'] },
  { tool: 'mount', candidates: ['mount'], packages: ['mount'] },
]

function missing(): typeof NEEDED {
  return NEEDED.filter(({ candidates }) => !candidates.some(isOnPath))
}

function isOnPath(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}

function installFromDebian(packages: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { stdio: ['ignore', 2, 2] as ('ignore' | number)[], env }
  execFileSync('apt-get', ['update', '-qq'], options)
  withoutStarting(() =>
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options),
  )
}

/** Where Debian asks whether a service may be started that has just been installed; 101: it may not. */
const POLICY = '/usr/sbin/policy-rc.d'

/** The tests start nginx, Caddy and sshd for themselves: none of them is to listen on this machine afterwards. */
function withoutStarting(install: () => void): void {
  if (existsSync(POLICY)) {
    install()
    return
  }
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(POLICY)
  }
}

installWorkshop()
const absent = missing()
if (absent.length > 0) {
  const packages = [...new Set(absent.flatMap((need) => need.packages))]
  const names = absent.map(({ tool }) => tool).join(' and ')
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    console.error(`The tests need ${names}: installing ${packages.join(', ')} with apt-get.`)
    installFromDebian(packages)
  }
  if (missing().length > 0) {
    console.error(`Error: the tests need ${names}.\nTry: sudo apt-get install ${packages.join(' ')}`)
    process.exitCode = 1
  }
}
