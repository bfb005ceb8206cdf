import { router } from '../procedures.ts'

export const episodesRouter = router({})
