import type { Snippet } from '../ui/snippet.ts'

/**
 * How a robot comes into the fleet, for one and for many. Each runs as it is pasted, where the `robotrace` command is.
 *
 * @param token `rte_…`; the real one only where it is revealed
 */
export function enrolSnippets(base_url: string, token: string): Snippet[] {
  return [
    {
      name: 'One robot',
      note: 'On the robot, as the account that will log episodes. It is called what its host is called.',
      code: `export ROBOTRACE_ENROLMENT_TOKEN=${token}
robotrace device enroll --base-url ${base_url} --name "$(hostname)"
robotrace device heartbeat --every 30s`,
    },
    {
      name: 'Over SSH',
      note: 'From a machine that reaches all of them; robots.txt holds a host on each line.',
      code: `export ROBOTRACE_ENROLMENT_TOKEN=${token}
while read -r host; do
  printf '%s\\n' "$ROBOTRACE_ENROLMENT_TOKEN" |
    ssh "$host" 'read -r ROBOTRACE_ENROLMENT_TOKEN; export ROBOTRACE_ENROLMENT_TOKEN
      robotrace device enroll --base-url ${base_url} --name "$(hostname)"'
done < robots.txt`,
    },
    {
      name: 'cloud-init',
      note: 'Once, at the first boot of each robot that gets this image. The file with the token goes afterwards.',
      code: `#cloud-config
write_files:
  - path: /run/robotrace-token
    permissions: "0600"
    content: ${token}
runcmd:
  - ROBOTRACE_ENROLMENT_TOKEN="$(cat /run/robotrace-token)" robotrace device enroll --base-url ${base_url} --name "$(hostname)"
  - rm -f /run/robotrace-token`,
    },
  ]
}
