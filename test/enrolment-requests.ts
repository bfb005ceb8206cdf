import { expect } from 'vitest'
import { z } from 'zod'
import type { EnrolledDevice, EnrolmentToken } from '../sdk/wire.ts'
import { json } from './episode-requests.ts'
import { projectOf } from './fleet-requests.ts'
import type { TestServer } from './harness.ts'
import { portalClient } from './portal-client.ts'
import type { Tenant } from './seed.ts'
import { sendJson } from './token-requests.ts'

export const nonceOf = (name: string) => `a nonce that ${name} drew`
export const enrolmentTokensPath = ({ organization_id }: Tenant) =>
  `/api/v1/organizations/${organization_id}/projects/default/enrolment-tokens`

/** Made by the owner, in the default project. */
export async function makeToken(
  server: TestServer,
  at: Tenant,
  wish: { uses?: number; expires_in?: number; type?: string; group_id?: string } = {},
): Promise<{ token: string; id: string }> {
  const { fleet } = portalClient(server, at.owner)
  const made = await fleet.makeEnrolmentToken.mutate({ ...projectOf(at), label: 'cell 2', ...wish })
  return { token: made.token, id: made.enrolment_token.id }
}

/** What a robot of that name asks, with a nonce of its own. */
export function enroll(
  server: TestServer,
  token: string,
  name: string,
  rest: object = {},
): Promise<Response> {
  return sendJson(server, 'POST', '/api/v1/devices/enroll', token, { name, nonce: nonceOf(name), ...rest })
}

export async function enrolled(server: TestServer, token: string, name: string, rest?: object) {
  return json<EnrolledDevice>(await enroll(server, token, name, rest), 201)
}

const refusal = z.looseObject({ detail: z.string() })

/** What a refusal says, without what differs from request to request. */
export async function said(answer: Response) {
  const { request_id, ...rest } = refusal.parse(await answer.json())
  expect(request_id).toBe(answer.headers.get('x-request-id'))
  return { status: answer.status, ...rest }
}

export async function tokensOf(server: TestServer, at: Tenant): Promise<EnrolmentToken[]> {
  return (await portalClient(server, at.owner).fleet.enrolmentTokens.query(projectOf(at))).items
}
