import { expect, test } from 'vitest'
import { askForConfirmation, openConfirmation } from '../../portal/accounts/confirmation.ts'

test('calls that are refused together ask once, and all hear the same answer', async () => {
  const both = Promise.all([askForConfirmation(), askForConfirmation()])
  const first = openConfirmation()
  const third = askForConfirmation()
  expect(openConfirmation()).toBe(first)
  first?.answer(true)
  expect([...(await both), await third]).toEqual([true, true, true])
  expect(openConfirmation()).toBeUndefined()
  const next = askForConfirmation()
  openConfirmation()?.answer(false)
  expect(await next).toBe(false)
})
