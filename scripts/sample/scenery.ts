import type { Posture } from './arm.ts'
import { type Canvas, createCanvas, drawBand, drawGlow, drawLine, drawPolygon, type Spot } from './canvas.ts'
import { CUBE_M, type CubePose } from './cube.ts'
import { drawText } from './lettering.ts'
import { BIN } from './run.ts'
import {
  AMBER,
  AMBER_SIDE,
  AMBER_TOP,
  BIN_BLUE,
  BLACK,
  DEPTH,
  DIM,
  FLOOR,
  FRAME,
  GLOW,
  ROWS,
  spot,
  TABLE,
  TABLE_EDGE,
  WALL,
} from './view.ts'

/** What never moves: wall, table with a ruler of 10 cm steps along its edge, and the caption. */
export function drawBackdrop(caption: string): Canvas {
  const canvas = createCanvas(FRAME.width, FRAME.height)
  drawBand(canvas, 0, ROWS.back, ...WALL)
  drawGlow(canvas, [330, 190], [420, 240], { color: GLOW, alpha: 0.2 })
  drawBand(canvas, ROWS.back, ROWS.front, ...TABLE)
  drawBand(canvas, ROWS.front, ROWS.rim, ...TABLE_EDGE)
  drawBand(canvas, ROWS.rim, FRAME.height, ...FLOOR)
  for (const x of [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]) {
    const [left] = spot({ x, y: 0 })
    drawLine(canvas, [left, 309.5], [left, x === 0 || x === 0.5 ? 314 : 311.5], [0.6, 0.6], {
      color: DIM,
      alpha: 0.7,
    })
  }
  drawText(canvas, caption, [24, 333], 1.9, 0.85, { color: DIM })
  return canvas
}

/** Soft shadows under the arm, the cube and the bin; they sharpen as things come down. */
export function drawShadows(canvas: Canvas, { elbow, wrist, tip }: Posture, cube: CubePose): void {
  const ground = (x: number) => spot({ x, y: 0 }, 0.02)
  drawGlow(canvas, ground(0.02), [64, 13], { color: BLACK, alpha: 0.6 })
  drawGlow(canvas, ground((elbow.x + wrist.x) / 2 + 0.05), [70, 10], { color: BLACK, alpha: 0.22 })
  drawGlow(canvas, ground(tip.x + 0.02), [34, 8], { color: BLACK, alpha: 0.3 })
  const near = Math.max(0.25, 1 - cube.y / 0.3)
  drawGlow(canvas, ground(cube.x + 0.01), [30 - 8 * near, 8], { color: BLACK, alpha: 0.75 * near })
  drawGlow(canvas, ground(BIN.x + 0.02), [62, 12], { color: BLACK, alpha: 0.55 })
}

/** A square seen slightly from above and the right: front, and the sides that a viewer there can see. */
export function drawCube(canvas: Canvas, cube: CubePose): void {
  const half = CUBE_M / 2
  const corners = [
    [-half, half],
    [half, half],
    [half, -half],
    [-half, -half],
  ].map(([x = 0, y = 0]) => ({
    x: cube.x + x * Math.cos(cube.roll) + y * Math.sin(cube.roll),
    y: cube.y - x * Math.sin(cube.roll) + y * Math.cos(cube.roll),
  }))
  corners.forEach((a, i) => {
    const b = corners[(i + 1) % corners.length] ?? a
    // Outward on the screen is (dy, -dx); a side shows when the depth axis leaves through it.
    const [p, q] = [spot(a), spot(b)]
    const facing = (q[1] - p[1]) * DEPTH[0] - (q[0] - p[0]) * DEPTH[1]
    if (facing <= 0) return
    const color = Math.abs(q[0] - p[0]) > Math.abs(q[1] - p[1]) ? AMBER_TOP : AMBER_SIDE
    drawPolygon(canvas, [p, spot(a, CUBE_M), spot(b, CUBE_M), q], { color })
  })
  drawPolygon(
    canvas,
    corners.map((corner) => spot(corner)),
    { color: AMBER },
    2,
  )
}

const BIN_DEPTH_M = 0.1

/** The bin's inside, drawn before what may be in it. */
export function drawBinBack(canvas: Canvas): void {
  const [left, right] = [BIN.x - BIN.width / 2, BIN.x + BIN.width / 2]
  const face = (depth: number): Spot[] => [
    spot({ x: left, y: BIN.height }, depth),
    spot({ x: right, y: BIN.height }, depth),
    spot({ x: right, y: 0 }, depth),
    spot({ x: left, y: 0 }, depth),
  ]
  drawPolygon(canvas, face(BIN_DEPTH_M), { color: [38, 52, 70] })
  const side = (x: number): Spot[] => [
    spot({ x, y: BIN.height }),
    spot({ x, y: BIN.height }, BIN_DEPTH_M),
    spot({ x, y: 0 }, BIN_DEPTH_M),
    spot({ x, y: 0 }),
  ]
  drawPolygon(canvas, side(left), { color: [46, 62, 83] })
  drawPolygon(canvas, side(right), { color: [66, 88, 116] })
  const rim = { color: BIN_BLUE }
  drawLine(
    canvas,
    spot({ x: left, y: BIN.height }, BIN_DEPTH_M),
    spot({ x: right, y: BIN.height }, BIN_DEPTH_M),
    [1.3, 1.3],
    rim,
  )
  for (const x of [left, right])
    drawLine(canvas, spot({ x, y: BIN.height }), spot({ x, y: BIN.height }, BIN_DEPTH_M), [1.3, 1.3], rim)
}

/** The front wall is glass, so that one sees the cube arrive. */
export function drawBinFront(canvas: Canvas): void {
  const [left, right] = [BIN.x - BIN.width / 2, BIN.x + BIN.width / 2]
  const corners = [
    spot({ x: left, y: BIN.height }),
    spot({ x: right, y: BIN.height }),
    spot({ x: right, y: 0 }),
    spot({ x: left, y: 0 }),
  ]
  drawPolygon(canvas, corners, { color: BIN_BLUE, alpha: 0.42 })
  corners.forEach((corner, i) => {
    drawLine(canvas, corner, corners[(i + 1) % corners.length] ?? corner, [1.4, 1.4], { color: BIN_BLUE })
  })
}
