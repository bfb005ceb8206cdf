import type { RequestHandler } from 'express'

/** How our JavaScript clients, and no others, name themselves: the Python client counts its versions apart. */
const OURS = /^robotrace-js\/(\d{1,4})\.(\d{1,4})\.\d/

/**
 * Tells a client of ours that is older than this server by a minor version or more which one to update to, in
 * `X-RoboTrace-Client-Update`. It is answered as ever: nothing that a robot has recorded is refused for its age.
 *
 * @param version of this server
 * @example app.use(clientUpdate('0.2.0')) // robotrace-js/0.1.3 hears 0.2.0
 */
export function clientUpdate(version: string): RequestHandler {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (request, response, next) => {
    const agent = request.headers['user-agent']
    const client = agent === undefined ? null : OURS.exec(agent)
    if (client) {
      const [, its_major, its_minor] = client.map(Number)
      const older = its_major === major ? Number(its_minor) < minor : Number(its_major) < major
      if (older) response.setHeader('X-RoboTrace-Client-Update', version)
    }
    next()
  }
}
