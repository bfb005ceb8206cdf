import type { Door } from '../http/door.ts'

export const episodeDoors: Door[] = []
