import { type Canvas, drawLine, type Paint, type Spot } from './canvas.ts'

/**
 * Capital letters, digits and a few signs as strokes on a grid 4 wide and 6 high: every pair of digits is
 * a point (x, y), a space lifts the pen. A stroke of one point repeated is a dot.
 */
const GLYPHS: Record<string, string> = {
  '0': '103041453616050110',
  '1': '112026 1636',
  '2': '01103041420646',
  '3': '01103041423313 334445361605',
  '4': '36300444',
  '5': '400003334445361605',
  '6': '413010010516364544331304',
  '7': '004016',
  '8': '13020110304142331304051636454433',
  '9': '051636454130100102133342',
  A: '0602204246 0444',
  B: '00063645443303 3342413000',
  C: '4130100105163645',
  D: '00062644422000',
  E: '40000646 0333',
  F: '400006 0333',
  G: '41301001051636454323',
  H: '0006 4046 0343',
  I: '1030 2026 1636',
  J: '4045361605',
  K: '0006 400346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '103041453616050110',
  P: '06003041423303',
  Q: '103041453616050110 2446',
  R: '06003041423303 2346',
  S: '413010010213334445361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016233640',
  X: '0046 0640',
  Y: '002340 2326',
  Z: '00400646',
  '-': '1333',
  '.': '2626',
  ':': '2222 2525',
  '/': '0640',
}

/** Advance from one letter to the next, in grid units. */
const ADVANCE = 6

/**
 * Writes one line of text in strokes of even width; letters are upper-cased, unknown signs are left blank.
 *
 * @param corner top left of the first letter
 * @param unit pixels of one grid step: a letter is 4 units wide and 6 high
 * @param weight half the stroke's width, pixels
 * @example drawText(canvas, 'FRAME 0042', [24, 20], 3, 1.3, { color: [255, 255, 255] })
 */
export function drawText(
  canvas: Canvas,
  text: string,
  corner: Spot,
  unit: number,
  weight: number,
  paint: Paint,
): void {
  let left = corner[0]
  for (const letter of text.toUpperCase()) {
    for (const stroke of strokesOf(letter)) {
      stroke.forEach(([x, y], i) => {
        const next = stroke[i + 1]
        if (!next) return
        const from: Spot = [left + x * unit, corner[1] + y * unit]
        drawLine(canvas, from, [left + next[0] * unit, corner[1] + next[1] * unit], [weight, weight], paint)
      })
    }
    left += ADVANCE * unit
  }
}

/** Width in pixels of a line of text. */
export function textWidth(text: string, unit: number): number {
  return text.length === 0 ? 0 : (text.length * ADVANCE - 2) * unit
}

function strokesOf(letter: string): Spot[][] {
  const strokes = (GLYPHS[letter] ?? '').split(' ').filter((stroke) => stroke !== '')
  return strokes.map((stroke) => {
    const points: Spot[] = []
    for (let i = 0; i < stroke.length; i += 2) points.push([Number(stroke[i]), Number(stroke[i + 1])])
    return points
  })
}
