import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeNote, describeRun } from '../../scripts/sample/describe.ts'
import { createRun, DROPPED_CUBE, PICK_AND_PLACE } from '../../scripts/sample/run.ts'
import { RECORDING_NAMES, readEpisodeFile, sampleEpisodes } from '../../scripts/sample/sample.ts'

describe('the three episodes of the demo', () => {
  const [ready, failed, note] = sampleEpisodes()

  test('are one ready with video, sensors and actions', () => {
    expect(ready?.finalize).toEqual({ status: 'ready', duration_s: 8, fps: 30 })
    expect(Object.keys(ready?.files ?? {})).toEqual(['video', 'sensors', 'actions'])
  })

  test('one failed, with video and sensors and the moment at which the cube fell', () => {
    expect(failed?.finalize).toEqual({ status: 'failed', duration_s: 6, fps: 30, failure_time_s: 4.1 })
    expect(Object.keys(failed?.files ?? {})).toEqual(['video', 'sensors'])
    expect(failed?.start.metadata?.failure_reason).toMatch(/^Grip lost/)
  })

  test('and one of metadata alone', () => {
    expect(note?.finalize).toEqual({ status: 'ready', duration_s: null, fps: null })
    expect(note?.files).toEqual({})
    expect(note?.start.request_uploads).toEqual([])
  })

  test('announce exactly the files they have, none of them empty', () => {
    for (const { start, files } of sampleEpisodes()) {
      expect(Object.keys(files)).toEqual(start.request_uploads)
      for (const path of Object.values(files)) expect(statSync(path).size).toBeGreaterThan(1000)
    }
  })

  test('carry the four reproducibility fields within the limits of the wire', () => {
    for (const { start } of sampleEpisodes()) {
      expect(start.name?.length).toBeLessThanOrEqual(200)
      for (const text of [start.robot, start.policy_version, start.env_version])
        expect(text).toMatch(/^.{1,120}$/)
      expect(start.git_sha).toMatch(/^[0-9a-f]{40}$/)
      expect(start.seed).toBeGreaterThan(0)
    }
  })
})

test('the descriptions come out of the generator equal to the committed ones', () => {
  const made = [describeRun(createRun(PICK_AND_PLACE)), describeRun(createRun(DROPPED_CUBE)), describeNote()]
  expect(RECORDING_NAMES.map(readEpisodeFile)).toEqual(made)
})

test('typed values have every member, absent ones as null', () => {
  const { metadata } = readEpisodeFile('dropped-cube')
  const joints = ['__type', 'positions', 'velocities', 'efforts', 'names']
  const members = (value: unknown) => Object.keys(Object(value))
  expect(members(metadata.initial_state)).toEqual(joints)
  expect(members(metadata.final_state)).toEqual(joints)
  expect(members(metadata.battery)).toEqual(['__type', 'percent', 'voltage_v', 'current_a', 'charging'])
  expect(members(metadata.cube_at_end)).toEqual(['__type', 'translation', 'rotation'])
  expect(metadata.outcome).toEqual({
    __type: 'robotrace.EpisodeOutcome',
    success: false,
    reward_total: 0,
    collision_count: 1,
    time_to_goal_s: null,
  })
})
