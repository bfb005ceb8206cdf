import type { Point } from './arm.ts'
import type { Color, Spot } from './canvas.ts'
import { FRAME_CODE } from './frame-code.ts'

/** Size of every frame, pixels. */
export const FRAME = FRAME_CODE.frame

export const WALL: [Color, Color] = [
  [24, 30, 40],
  [37, 45, 57],
]
export const TABLE: [Color, Color] = [
  [58, 68, 82],
  [74, 86, 102],
]
export const TABLE_EDGE: [Color, Color] = [
  [47, 56, 68],
  [38, 45, 56],
]
export const FLOOR: [Color, Color] = [
  [17, 21, 28],
  [21, 26, 34],
]
export const SHELL: Color = [232, 237, 243]
export const SHELL_SHADE: Color = [176, 187, 200]
export const DARK: Color = [30, 36, 45]
export const GRAPHITE: Color = [62, 73, 88]
export const STEEL: Color = [112, 126, 144]
export const FINGER: Color = [158, 171, 188]
export const ACCENT: Color = [86, 168, 255]
export const AMBER: Color = [255, 176, 56]
export const AMBER_TOP: Color = [255, 207, 122]
export const AMBER_SIDE: Color = [206, 128, 30]
export const BIN_BLUE: Color = [104, 144, 188]
export const GLOW: Color = [96, 124, 160]
export const BLACK: Color = [0, 0, 0]
export const TEXT: Color = [226, 232, 240]
export const DIM: Color = [142, 155, 172]
export const ALARM: Color = [255, 112, 98]

const PIXELS_PER_M = 430
const ORIGIN: Spot = [222, 288]
/** Where the table's back and front edges and its lower rim are, rows from the top. */
export const ROWS = { back: 264, front: 306, rim: 317 } as const
/** How a metre of depth is drawn: away from the viewer is right and up. */
export const DEPTH: Spot = [0.36, -0.3]

/** A place in the arm's plane on the screen; `depth_m` moves it away from the viewer. */
export function spot({ x, y }: Point, depth_m = 0): Spot {
  return [
    ORIGIN[0] + PIXELS_PER_M * (x + DEPTH[0] * depth_m),
    ORIGIN[1] - PIXELS_PER_M * (y - DEPTH[1] * depth_m),
  ]
}
