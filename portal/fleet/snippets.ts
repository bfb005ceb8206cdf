import type { Device } from '../api.ts'
import type { Snippet } from '../ui/snippet.ts'

/** What is done once on a robot, as root; docs/ssh.md explains each step. */
export function robotSnippets(device: Device, base_url: string): Snippet[] {
  const address = `${device.organization}/${device.project}/${device.name}`
  return [
    {
      name: '1. Its key',
      note: 'An API key that is good for this device alone and may only see the fleet (fleet:read), kept by an account that does nothing else.',
      code: `useradd --system --home-dir /var/lib/robotrace --create-home robotrace
install -d -m 700 -o robotrace /etc/robotrace
install -m 600 -o robotrace /dev/stdin /etc/robotrace/credentials <<'END'
[default]
api_key = "rt_…"
base_url = "${base_url}"
END`,
    },
    {
      name: '2. The command',
      note: 'sshd runs only what nobody but root can change. Instead of robot, name the account that people log in to.',
      code: `install -m 755 /dev/stdin /usr/local/sbin/robotrace-keys <<'END'
#!/bin/sh
exec /usr/bin/node /opt/robotrace/cli/bin.js authorized-keys --device ${address} \\
  --credentials /etc/robotrace/credentials --cache /var/lib/robotrace/keys --accounts robot "$@"
END`,
    },
    {
      name: '3. sshd',
      code: `install -m 644 /dev/stdin /etc/ssh/sshd_config.d/robotrace.conf <<'END'
AuthorizedKeysCommand /usr/local/sbin/robotrace-keys --user %u --fingerprint %f
AuthorizedKeysCommandUser robotrace
END
sshd -t && systemctl reload ssh`,
    },
    {
      name: '4. Try it',
      note: 'Prints a line for each key that may log in.',
      code: 'runuser -u robotrace -- /usr/local/sbin/robotrace-keys --user robot',
    },
  ]
}
