import { router, signedIn } from '../procedures.ts'
import { createDevice, getDevice, listDevices, removeDevice } from './devices.ts'
import { listDoorKeys, removeDoorKey, selectDoorKey } from './door-keys.ts'
import { createDeviceInput, deviceAddress, doorKeyAddress, projectAddress } from './schema.ts'

export const fleetRouter = router({
  list: signedIn.input(projectAddress).query(({ ctx, input }) => listDevices(ctx.app, ctx.person, input)),
  get: signedIn.input(deviceAddress).query(({ ctx, input }) => getDevice(ctx.app, ctx.person, input)),
  create: signedIn
    .input(createDeviceInput)
    .mutation(({ ctx, input }) => createDevice(ctx.app, ctx.person, input)),
  remove: signedIn
    .input(deviceAddress)
    .mutation(({ ctx, input }) => removeDevice(ctx.app, ctx.person, input)),
  doorKeys: signedIn.input(deviceAddress).query(({ ctx, input }) => listDoorKeys(ctx.app, ctx.person, input)),
  selectDoorKey: signedIn
    .input(doorKeyAddress)
    .mutation(({ ctx, input }) => selectDoorKey(ctx.app, ctx.person, input)),
  removeDoorKey: signedIn
    .input(doorKeyAddress)
    .mutation(({ ctx, input }) => removeDoorKey(ctx.app, ctx.person, input)),
})
