import { router, signedIn, verified } from '../procedures.ts'
import { removeDevice, updateDevice } from './change.ts'
import { countsBeside, fleetFacets } from './counts.ts'
import { listDeviceKeys } from './device-keys.ts'
import { getDevice, getDeviceById } from './devices.ts'
import { listDoorKeys, removeDoorKey, selectDoorKey } from './door-keys.ts'
import { listEnrolmentTokens, makeEnrolmentToken, revokeEnrolmentToken } from './enrolment-tokens.ts'
import { episodeCounts } from './episode-counts.ts'
import { createGroup, listGroups, removeGroup, updateGroup } from './groups.ts'
import { readHealth } from './health.ts'
import { listDevices } from './list.ts'
import { mergeDevice } from './merge.ts'
import { createDevice } from './register.ts'
import {
  anyDeviceAddress,
  changeDeviceInput,
  createDeviceInput,
  createGroupInput,
  deviceAddress,
  doorKeyAddress,
  episodeCountsInput,
  facetsInput,
  groupAddress,
  listDevicesInput,
  makeTokenInput,
  mergeDeviceInput,
  projectAddress,
  tokenAddress,
  updateGroupInput,
} from './schema.ts'

const devices = {
  /** By name; `counts` is of the whole place, whatever is filtered. */
  list: signedIn.input(listDevicesInput).query(async ({ ctx, input: { limit, ...wanted } }) => {
    const list = await listDevices(ctx.app, ctx.person, { ...wanted, page_size: limit })
    const { items, total, next_cursor } = list
    return { items, total, next_cursor, counts: await countsBeside(ctx.app, ctx.person, wanted) }
  }),
  facets: signedIn.input(facetsInput).query(({ ctx, input }) => fleetFacets(ctx.app, ctx.person, input)),
  /** Without a project: the device of this id, wherever in the organization it is. */
  get: signedIn.input(anyDeviceAddress).query(({ ctx, input: { project, ...rest } }) => {
    if (project == null) return getDeviceById(ctx.app, ctx.person, rest)
    return getDevice(ctx.app, ctx.person, { project, ...rest })
  }),
  create: signedIn
    .input(createDeviceInput)
    .mutation(({ ctx, input }) => createDevice(ctx.app, ctx.person, input)),
  update: signedIn
    .input(changeDeviceInput)
    .mutation(({ ctx, input }) => updateDevice(ctx.app, ctx.person, input)),
  remove: signedIn
    .input(deviceAddress)
    .mutation(({ ctx, input }) => removeDevice(ctx.app, ctx.person, input)),
  merge: signedIn
    .input(mergeDeviceInput)
    .mutation(({ ctx, input }) => mergeDevice(ctx.app, ctx.person, input)),
  episodeCounts: signedIn
    .input(episodeCountsInput)
    .query(({ ctx, input }) => episodeCounts(ctx.app, ctx.person, input)),
  health: signedIn.input(deviceAddress).query(({ ctx, input }) => readHealth(ctx.app, ctx.person, input)),
  apiKeys: signedIn
    .input(deviceAddress)
    .query(({ ctx, input }) => listDeviceKeys(ctx.app, ctx.person, input)),
}

const groups = {
  groups: signedIn
    .input(projectAddress)
    .query(async ({ ctx, input }) => ({ items: await listGroups(ctx.app, ctx.person, input) })),
  createGroup: signedIn
    .input(createGroupInput)
    .mutation(({ ctx, input }) => createGroup(ctx.app, ctx.person, input)),
  updateGroup: signedIn
    .input(updateGroupInput)
    .mutation(({ ctx, input }) => updateGroup(ctx.app, ctx.person, input)),
  removeGroup: signedIn
    .input(groupAddress)
    .mutation(({ ctx, input }) => removeGroup(ctx.app, ctx.person, input)),
}

/** Making one asks for the password again after two hours, as minting a key does; revoking does not. */
const enrolment = {
  enrolmentTokens: signedIn
    .input(projectAddress)
    .query(async ({ ctx, input }) => ({ items: await listEnrolmentTokens(ctx.app, ctx.person, input) })),
  makeEnrolmentToken: verified
    .input(makeTokenInput)
    .mutation(({ ctx, input }) => makeEnrolmentToken(ctx.app, ctx.person, input)),
  revokeEnrolmentToken: signedIn
    .input(tokenAddress)
    .mutation(({ ctx, input }) => revokeEnrolmentToken(ctx.app, ctx.person, input)),
}

const doorKeys = {
  doorKeys: signedIn.input(deviceAddress).query(({ ctx, input }) => listDoorKeys(ctx.app, ctx.person, input)),
  selectDoorKey: signedIn
    .input(doorKeyAddress)
    .mutation(({ ctx, input }) => selectDoorKey(ctx.app, ctx.person, input)),
  removeDoorKey: signedIn
    .input(doorKeyAddress)
    .mutation(({ ctx, input }) => removeDoorKey(ctx.app, ctx.person, input)),
}

export const fleetRouter = router({ ...devices, ...groups, ...enrolment, ...doorKeys })
