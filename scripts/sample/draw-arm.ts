import type { Point, Posture } from './arm.ts'
import { type Canvas, drawDisc, drawLine, drawPolygon, type Paint, type Spot } from './canvas.ts'
import { ACCENT, DARK, FINGER, GRAPHITE, SHELL, SHELL_SHADE, STEEL, spot } from './view.ts'

/** The whole arm with its base; the fingers' inner faces are `width_m` apart. */
export function drawArm(canvas: Canvas, posture: Posture, width_m: number): void {
  const { shoulder, elbow, wrist, tip, pitch } = posture
  drawBase(canvas)
  drawFingers(canvas, tip, pitch, width_m)
  drawLink(canvas, spot(wrist), spot(advance(wrist, pitch, 0.05)), [10, 8])
  drawLink(canvas, spot(elbow), spot(wrist), [14, 10])
  drawJoint(canvas, spot(wrist), 9)
  drawLink(canvas, spot(shoulder), spot(elbow), [18, 14])
  drawJoint(canvas, spot(elbow), 12)
  drawJoint(canvas, spot(shoulder), 15)
}

function drawBase(canvas: Canvas): void {
  const [x, y] = spot({ x: 0, y: 0 })
  const [, top] = spot({ x: 0, y: 0.2 })
  drawPillar(canvas, [x - 18, x + 18], [x - 27, x + 27], [top, y - 5], { color: GRAPHITE })
  drawPillar(canvas, [x - 12, x - 5], [x - 19, x - 10], [top, y - 9], { color: STEEL, alpha: 0.55 })
  drawPillar(canvas, [x + 8, x + 18], [x + 12, x + 27], [top, y - 5], { color: DARK, alpha: 0.5 })
  drawPillar(canvas, [x - 38, x + 38], [x - 43, x + 43], [y - 8, y + 4], { color: DARK })
  drawLine(canvas, [x - 35, y - 6], [x + 35, y - 6], [0.8, 0.8], { color: STEEL })
}

/** A shape with a level top and bottom; each is given from left to right. */
function drawPillar(canvas: Canvas, above: Spot, below: Spot, [top, bottom]: Spot, paint: Paint): void {
  const corners: Spot[] = [
    [above[0], top],
    [above[1], top],
    [below[1], bottom],
    [below[0], bottom],
  ]
  drawPolygon(canvas, corners, paint, 2.5)
}

function drawLink(canvas: Canvas, from: Spot, to: Spot, [first, last]: Spot): void {
  drawLine(canvas, from, to, [first + 1.2, last + 1.2], { color: DARK, alpha: 0.8 })
  drawLine(canvas, from, to, [first, last], { color: SHELL_SHADE })
  // Light falls from above, so the bright part of the shell sits a little higher.
  const lift = ([x, y]: Spot): Spot => [x - 1, y - 2.5]
  drawLine(canvas, lift(from), lift(to), [first - 3.5, last - 3.5], { color: SHELL })
}

function drawJoint(canvas: Canvas, at: Spot, radius: number): void {
  drawDisc(canvas, at, radius, { color: DARK })
  drawDisc(canvas, at, radius - 2.5, { color: ACCENT }, radius - 5)
  drawDisc(canvas, at, radius * 0.28, { color: STEEL })
}

/** The palm and two fingers; the fingers' inner faces are `width_m` apart. */
function drawFingers(canvas: Canvas, tip: Point, pitch: number, width_m: number): void {
  const palm = advance(tip, pitch, -0.068)
  const [left, right] = [-0.05, 0.05].map((offset) => spot(advance(palm, pitch + Math.PI / 2, offset)))
  if (!left || !right) return
  drawLine(canvas, left, right, [7.5, 7.5], { color: DARK })
  drawLine(canvas, left, right, [6, 6], { color: GRAPHITE })
  drawLine(canvas, left, right, [1.2, 1.2], { color: ACCENT })
  for (const side of [-1, 1]) {
    const middle = advance(tip, pitch + Math.PI / 2, side * (width_m / 2 + 0.01))
    const [root, end] = [spot(advance(middle, pitch, -0.06)), spot(advance(middle, pitch, 0.012))]
    drawLine(canvas, root, end, [4.6, 4.2], { color: DARK })
    drawLine(canvas, root, end, [3.4, 2.9], { color: FINGER })
  }
}

function advance(from: Point, angle: number, length: number): Point {
  return { x: from.x + length * Math.cos(angle), y: from.y + length * Math.sin(angle) }
}
