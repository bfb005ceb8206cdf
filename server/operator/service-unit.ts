import { VERSION } from '../project.ts'

/** What a unit is made for. */
export interface ServiceFacts {
  /** The program and what stands before `serve`: absolute paths. */
  program: readonly string[]
  /** An account that is there already; undefined: systemd makes one while the service runs. */
  user?: string | undefined
  /** TCP port; undefined: that of the configuration. */
  port?: number | undefined
  /** PEM files that root may read; the service gets copies of its own. */
  tls?: { cert: string; key: string } | undefined
}

const WRITTEN_BY = '# Written by `robotrace service install`'

/** Whether a unit comes from here, whatever an operator changed in it since. */
export function isOurs(text: string): boolean {
  return text.startsWith(WRITTEN_BY)
}

/** Ports below are root's, or of whoever has the capability. */
const FIRST_FREE_PORT = 1024

/**
 * The text of robotrace.service: the server may write to its own folders, see the network, and nothing else.
 *
 * @see systemd.exec(5), systemd.service(5); every directive is known to systemd 247 and newer, `%d` to 250
 * @example unitText({ program: ['/usr/local/bin/robotrace'] })
 */
export function unitText(facts: ServiceFacts): string {
  const privileged = facts.port !== undefined && facts.port < FIRST_FREE_PORT
  return `${WRITTEN_BY} of RoboTrace ${VERSION}. What you want otherwise belongs into a drop-in, which is
# left alone: systemctl edit robotrace
[Unit]
Description=RoboTrace, self-hosted
Wants=network-online.target
After=network-online.target
# Five failures in a minute are no accident: then it stays down, and systemctl status says why.
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${[...facts.program, 'serve'].map(quoted).join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2
# Uploads under way get 8 seconds to finish.
TimeoutStopSec=30
LimitNOFILE=65536

# Who it runs as, and the folders it owns: /var/lib/robotrace (everything that is kept), /var/lib/robotrace-backups
# (for ROBOTRACE_BACKUP_TO), /var/cache/robotrace (native parts of the single binary, unpacked).
${facts.user === undefined ? 'DynamicUser=yes' : `User=${facts.user}`}
StateDirectory=robotrace robotrace-backups
StateDirectoryMode=0700
CacheDirectory=robotrace
CacheDirectoryMode=0700
ConfigurationDirectory=robotrace
WorkingDirectory=%S/robotrace
UMask=0077
${settings(facts)}

# The rest of the machine is read-only, invisible or out of reach.
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
KeyringMode=private

# What it may ask of the kernel. MemoryDenyWriteExecute= is not among it: the JavaScript engine compiles while it runs.
NoNewPrivileges=yes
CapabilityBoundingSet=${privileged ? 'CAP_NET_BIND_SERVICE' : ''}
AmbientCapabilities=${privileged ? 'CAP_NET_BIND_SERVICE' : ''}
${privileged ? '# A port below 1024 is taken with a capability of the machine, which a private user namespace would not have.\n' : 'PrivateUsers=yes\n'}LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}

/** Later lines win, and the file of the operator comes last. */
function settings({ port, tls }: ServiceFacts): string {
  return [
    'Environment=ROBOTRACE_DATA=%S/robotrace XDG_CACHE_HOME=%C',
    ...(port === undefined ? [] : [`Environment=PORT=${port}`]),
    ...(tls
      ? [
          '# systemd reads the certificate as root when the service starts: after a renewal, systemctl restart robotrace.',
          `LoadCredential=tls-cert:${escaped(tls.cert)}`,
          `LoadCredential=tls-key:${escaped(tls.key)}`,
          'Environment=ROBOTRACE_TLS_CERT=%d/tls-cert ROBOTRACE_TLS_KEY=%d/tls-key',
        ]
      : []),
    'EnvironmentFile=-/etc/robotrace/robotrace.env',
  ].join('\n')
}

/** One argument of a command line as systemd reads it: `%` and `$` stand for something, blanks separate. */
function quoted(argument: string): string {
  const text = escaped(argument).replaceAll('$', '$$$$')
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

function escaped(text: string): string {
  return text.replaceAll('%', '%%')
}

/**
 * What changes from one text to another, line by line, for somebody to look at.
 *
 * @returns lines that begin with `- ` or `+ `; those that only moved are not among them
 */
export function changedLines(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const without = (lines: string[], others: string[]): string[] => {
    const left = [...others]
    return lines.filter((line) => {
      const at = left.indexOf(line)
      if (at >= 0) left.splice(at, 1)
      return at < 0
    })
  }
  return [
    ...without(old, fresh).map((line) => `- ${line}`),
    ...without(fresh, old).map((line) => `+ ${line}`),
  ]
}
