import type { Snippet } from '../ui/snippet.ts'

/**
 * How a robot comes into the fleet, for one and for many. Each runs as it is pasted, where the `robotrace` command is.
 * The token travels through standard input or a file: on a command line every process of the machine could read it.
 *
 * @param token `rte_…`; the real one only where it is revealed
 */
export function enrolSnippets(base_url: string, token: string): Snippet[] {
  return [
    {
      name: 'One robot',
      note: 'On the robot, as the account that logs episodes. It is called what its host is called, unless --name says otherwise.',
      code: `robotrace device enroll --base-url ${base_url} <<'END'
${token}
END
robotrace device heartbeat --every 30s`,
    },
    {
      name: 'Over SSH',
      note: 'From a machine that reaches all of them; robots.txt holds a host on each line.',
      code: `while read -r host; do
  ssh "$host" robotrace device enroll --base-url ${base_url} <<'END'
${token}
END
done < robots.txt`,
    },
    {
      name: 'cloud-init',
      note: 'At the first boot of each robot with this image; robot is the account that logs episodes.',
      code: `#cloud-config
write_files:
  - path: /run/robotrace-token
    owner: robot:robot
    permissions: "0600"
    defer: true
    content: ${token}
runcmd:
  - su - robot -c 'robotrace device enroll --token-file /run/robotrace-token --base-url ${base_url}'
  - rm /run/robotrace-token`,
    },
  ]
}
