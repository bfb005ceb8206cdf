import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'

describe('200', () => {
  test('a minted key is shown once and its row never tells it again', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const portal = portalClient(server, owner)
    const minted = await portal.apiKeys.mint.mutate({ organization_id, label: 'casey laptop' })
    expect(minted.key).toMatch(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/)
    const listed = await portal.apiKeys.list.query({ organization_id })
    expect(listed).toHaveLength(2)
    expect(listed[0]).toMatchObject({
      label: 'casey laptop',
      prefix: minted.key.slice(0, 13),
      revoked_at: null,
    })
    expect(JSON.stringify(listed)).not.toContain(minted.key.slice(14))
  })
})
