import { type Canvas, fillPixels } from './canvas.ts'

/**
 * The frame number as a row of black and white cells, for tests that must know which frame they look at.
 *
 * Geometry, in pixels of a 640 x 360 frame: 17 cells of 8 x 16 in a row, the first at x = 488, y = 16, so the
 * row covers x 488 to 623 and y 16 to 31. Cells 0 to 15 are the bits of the frame number, most significant
 * first, white = 1; cell 16 makes the count of white cells odd. All edges lie on the codec's 8-pixel grid.
 * In a frame of another size everything scales with it, x by width / 640 and y by height / 360.
 */
export const FRAME_CODE = {
  frame: { width: 640, height: 360 },
  left: 488,
  top: 16,
  cell: { width: 8, height: 16 },
  bits: 16,
} as const

/**
 * Draws the code of a frame number onto a 640 x 360 canvas.
 *
 * @param frame 0 to 65,534: the last value of 16 bits would be all white, as a blank picture is
 * @throws RangeError for any other number
 */
export function drawFrameNumber(canvas: Canvas, frame: number): void {
  if (!Number.isInteger(frame) || frame < 0 || frame >= ALL_WHITE)
    throw new RangeError(`Frame ${frame} has no code.`)
  const { left, top, cell } = FRAME_CODE
  cellsOf(frame).forEach((white, i) => {
    const level = white ? 255 : 0
    fillPixels(canvas, left + i * cell.width, top, cell.width, cell.height, [level, level, level])
  })
}

/**
 * Reads the frame number back from a picture of any size, for instance a decoded frame or a screenshot of
 * a player that shows the whole frame. Undefined when a cell is neither black nor white, when the parity is
 * wrong, or when the picture is blank.
 *
 * @param pixels row by row from the top, RGB or RGBA (told apart by their number), or one byte of grey
 * @example readFrameNumber(context.getImageData(0, 0, 640, 360).data, 640, 360) // 42
 */
export function readFrameNumber(
  pixels: ArrayLike<number>,
  width: number,
  height: number,
): number | undefined {
  const cells: boolean[] = []
  for (let i = 0; i <= FRAME_CODE.bits; i++) {
    const level = cellLevel(pixels, width, height, i)
    if (level > BLACK && level < WHITE) return undefined
    cells.push(level >= WHITE)
  }
  const ones = cells.filter(Boolean).length
  const frame = cells.slice(0, FRAME_CODE.bits).reduce((value, white) => value * 2 + (white ? 1 : 0), 0)
  return ones % 2 === 1 && frame !== ALL_WHITE ? frame : undefined
}

const ALL_WHITE = 2 ** FRAME_CODE.bits - 1
/** Grey between these two is no answer. */
const BLACK = 96
const WHITE = 160

function cellsOf(frame: number): boolean[] {
  const cells = Array.from(
    { length: FRAME_CODE.bits },
    (_, i) => ((frame >> (FRAME_CODE.bits - 1 - i)) & 1) === 1,
  )
  return [...cells, cells.filter(Boolean).length % 2 === 0]
}

/** Mean brightness of the inner half of a cell, where neither scaling nor the codec's ringing reaches. */
function cellLevel(pixels: ArrayLike<number>, width: number, height: number, index: number): number {
  const { frame, left, top, cell } = FRAME_CODE
  const channels = pixels.length / (width * height)
  const colors = Math.min(3, channels)
  const [fromX, toX] = innerHalf(left + index * cell.width, cell.width, width / frame.width)
  const [fromY, toY] = innerHalf(top, cell.height, height / frame.height)
  let sum = 0
  for (let y = fromY; y < toY; y++) {
    for (let x = fromX; x < toX; x++) {
      for (let c = 0; c < colors; c++) sum += pixels[(y * width + x) * channels + c] ?? 0
    }
  }
  return sum / ((toX - fromX) * (toY - fromY) * colors)
}

/** First and one past the last whole pixel of the middle half of a stretch; at least one pixel. */
function innerHalf(start: number, length: number, scale: number): [number, number] {
  const from = Math.floor((start + length / 4) * scale)
  const to = Math.floor((start + (3 * length) / 4) * scale)
  return [from, Math.max(from + 1, to)]
}
