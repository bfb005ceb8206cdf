/** Red, green and blue, 0 to 255 each. */
export type Color = readonly [number, number, number]

/** A place on a canvas, pixels: x to the right, y down, pixel centres at half numbers. */
export type Spot = readonly [number, number]

/** An RGB image, three bytes a pixel, row by row from the top. */
export interface Canvas {
  width: number
  height: number
  pixels: Uint8Array
}

/** How a shape is laid over what is there. */
export interface Paint {
  color: Color
  /** 0 invisible, 1 (the default) opaque. */
  alpha?: number
}

/** A black canvas. */
export function createCanvas(width: number, height: number): Canvas {
  return { width, height, pixels: new Uint8Array(width * height * 3) }
}

/** Fills a band of rows, blending from one colour at its top to another at its bottom. */
export function drawBand(canvas: Canvas, top: number, bottom: number, from: Color, to: Color): void {
  for (let y = top; y < bottom; y++) {
    const share = (y - top) / Math.max(1, bottom - top - 1)
    const color: Color = [mix(from[0], to[0], share), mix(from[1], to[1], share), mix(from[2], to[2], share)]
    for (let x = 0; x < canvas.width; x++) blend(canvas, x, y, color, 1)
  }
}

/** A disc, or with `hole` a ring of that inner radius. */
export function drawDisc(canvas: Canvas, [cx, cy]: Spot, radius: number, paint: Paint, hole = 0): void {
  shade(canvas, [cx - radius, cy - radius, cx + radius, cy + radius], paint, (x, y) => {
    const distance = Math.hypot(x - cx, y - cy)
    return Math.max(distance - radius, hole - distance)
  })
}

/** A line with round ends; its half width may change from the first end to the second. */
export function drawLine(canvas: Canvas, from: Spot, to: Spot, radii: Spot, paint: Paint): void {
  const [ax, ay] = from
  const [dx, dy] = [to[0] - ax, to[1] - ay]
  const squared = dx * dx + dy * dy
  const reach = Math.max(...radii)
  const box: Box = [
    Math.min(ax, to[0]) - reach,
    Math.min(ay, to[1]) - reach,
    Math.max(ax, to[0]) + reach,
    Math.max(ay, to[1]) + reach,
  ]
  shade(canvas, box, paint, (x, y) => {
    const share = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared))
    return Math.hypot(x - ax - dx * share, y - ay - dy * share) - mix(radii[0], radii[1], share)
  })
}

/** A filled convex shape; its corners go round clockwise as seen on the screen. */
export function drawPolygon(canvas: Canvas, corners: readonly Spot[], paint: Paint, rounding = 0): void {
  const xs = corners.map(([x]) => x)
  const ys = corners.map(([, y]) => y)
  const box: Box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  const edges = edgesOf(corners)
  shade(canvas, box, paint, (x, y) => {
    if (rounding === 0) return Math.max(...edges.map((edge) => outside(edge, x, y)))
    const inner = edges.map((edge) => outside(edge, x, y) + rounding)
    const beyond = inner.filter((d) => d > 0)
    return (beyond.length > 1 ? Math.hypot(...beyond) : Math.max(...inner)) - rounding
  })
}

/** A soft spot that fades from its middle outwards: a shadow when dark, a glow when light. */
export function drawGlow(canvas: Canvas, [cx, cy]: Spot, [rx, ry]: Spot, paint: Paint): void {
  eachPixel(canvas, [cx - rx, cy - ry, cx + rx, cy + ry], (x, y) => {
    const away = ((x + 0.5 - cx) / rx) ** 2 + ((y + 0.5 - cy) / ry) ** 2
    if (away < 1) blend(canvas, x, y, paint.color, (paint.alpha ?? 1) * (1 - away) ** 2)
  })
}

/** Fills whole pixels with one colour, without any softening. */
export function fillPixels(
  canvas: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  color: Color,
): void {
  for (let y = top; y < top + height; y++)
    for (let x = left; x < left + width; x++) blend(canvas, x, y, color, 1)
}

/** Left, top, right, bottom. */
type Box = readonly [number, number, number, number]

/** Paints wherever the signed distance to a shape's border is negative, with one pixel of softness. */
function shade(canvas: Canvas, box: Box, paint: Paint, distance: (x: number, y: number) => number): void {
  eachPixel(canvas, box, (x, y) => {
    const cover = Math.min(1, 0.5 - distance(x + 0.5, y + 0.5))
    if (cover > 0) blend(canvas, x, y, paint.color, cover * (paint.alpha ?? 1))
  })
}

function eachPixel(
  canvas: Canvas,
  [left, top, right, bottom]: Box,
  visit: (x: number, y: number) => void,
): void {
  const lastX = Math.min(canvas.width - 1, Math.ceil(right + 1))
  const lastY = Math.min(canvas.height - 1, Math.ceil(bottom + 1))
  for (let y = Math.max(0, Math.floor(top - 1)); y <= lastY; y++) {
    for (let x = Math.max(0, Math.floor(left - 1)); x <= lastX; x++) visit(x, y)
  }
}

function blend(canvas: Canvas, x: number, y: number, color: Color, cover: number): void {
  const at = (y * canvas.width + x) * 3
  for (let i = 0; i < 3; i++) {
    const below = canvas.pixels[at + i] ?? 0
    canvas.pixels[at + i] = Math.round(mix(below, color[i] ?? 0, cover))
  }
}

interface Edge {
  from: Spot
  /** Unit vector pointing out of the shape. */
  out: Spot
}

function edgesOf(corners: readonly Spot[]): Edge[] {
  return corners.map((from, i) => {
    const to = corners[(i + 1) % corners.length] ?? from
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
    const length = Math.hypot(dx, dy)
    return { from, out: [dy / length, -dx / length] }
  })
}

function outside({ from, out }: Edge, x: number, y: number): number {
  return (x - from[0]) * out[0] + (y - from[1]) * out[1]
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share
}
