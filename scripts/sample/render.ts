import { type Canvas, drawDisc } from './canvas.ts'
import { drawArm } from './draw-arm.ts'
import { drawFrameNumber } from './frame-code.ts'
import { drawText, textWidth } from './lettering.ts'
import type { Run } from './run.ts'
import { drawBackdrop, drawBinBack, drawBinFront, drawCube, drawShadows } from './scenery.ts'
import { FPS } from './sensors.ts'
import { ACCENT, ALARM, DIM, FRAME, spot, TEXT } from './view.ts'

/** Draws the frames of one run, each from scratch over the same backdrop. */
export interface Renderer {
  /** How many frames the run has. */
  count: number
  /** The finished picture of a frame, RGB; its buffer is the caller's to keep. */
  draw: (frame: number) => Uint8Array
}

/**
 * Prepares a run for drawing.
 *
 * @param caption what stands in the lower left corner, such as the policy's version
 * @example createRenderer(createRun(PICK_AND_PLACE), 'pick-place 0.4.2').draw(42).length // 640 * 360 * 3
 */
export function createRenderer(run: Run, caption: string): Renderer {
  const backdrop = drawBackdrop(caption)
  const draw = (frame: number) => {
    const canvas: Canvas = { ...FRAME, pixels: backdrop.pixels.slice() }
    const time_s = frame / FPS
    const posture = run.posture(time_s)
    const cube = run.cube(time_s)
    drawShadows(canvas, posture, cube)
    drawBinBack(canvas)
    drawTrail(canvas, run, time_s)
    drawCube(canvas, cube)
    drawArm(canvas, posture, run.width(time_s))
    drawBinFront(canvas)
    drawReadings(canvas, run, frame)
    return canvas.pixels
  }
  return { count: Math.round(run.plan.duration_s * FPS), draw }
}

/** The tool's way through the last second, fading. */
function drawTrail(canvas: Canvas, run: Run, time_s: number): void {
  let last = run.posture(time_s).tip
  for (let i = 1; i <= 14 && i / 15 <= time_s; i++) {
    const { tip } = run.posture(time_s - i / 15)
    // Where the tool stood still the dots would pile up.
    if (Math.hypot(tip.x - last.x, tip.y - last.y) < 0.012) continue
    last = tip
    drawDisc(canvas, spot(tip), 1.5, { color: ACCENT, alpha: 0.6 * (1 - i / 15) })
  }
}

function drawReadings(canvas: Canvas, run: Run, frame: number): void {
  const time_s = frame / FPS
  drawText(canvas, `frame ${String(frame).padStart(4, '0')}`, [24, 18], 2.9, 1.35, { color: TEXT })
  drawFrameNumber(canvas, frame)
  const lost = run.plan.slip !== undefined && time_s >= run.plan.slip.lost_s
  const status = lost ? 'grip lost' : run.phase(time_s)
  const clock = `${time_s.toFixed(2).padStart(5, '0')} s`
  const right = FRAME.width - 24
  drawText(canvas, clock, [right - textWidth(clock, 1.9), 333], 1.9, 0.85, { color: DIM })
  const left = (FRAME.width - textWidth(status, 1.9)) / 2
  drawDisc(canvas, [left - 12, 338.7], 3, { color: lost ? ALARM : ACCENT })
  drawText(canvas, status, [left, 333], 1.9, 0.95, { color: lost ? ALARM : TEXT })
}
