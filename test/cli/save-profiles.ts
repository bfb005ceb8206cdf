import process from 'node:process'
import { saveProfile } from '../../sdk/host/write-credentials.ts'

/** Saves many profiles one after the other, for a test that runs several of this at the same time. */
const [path = '', name = '', count = '0'] = process.argv.slice(2)
for (let index = 0; index < Number(count); index++) {
  await saveProfile(`${name}-${index}`, { api_key: `rt_${name}_${index}` }, path)
}
