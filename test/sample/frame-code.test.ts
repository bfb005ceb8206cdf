import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Canvas, createCanvas } from '../../scripts/sample/canvas.ts'
import { drawFrameNumber, FRAME_CODE, readFrameNumber } from '../../scripts/sample/frame-code.ts'

const { width, height } = FRAME_CODE.frame

function coded(frame: number): Canvas {
  const canvas = createCanvas(width, height)
  canvas.pixels.fill(70)
  drawFrameNumber(canvas, frame)
  return canvas
}

/** The picture as RGBA at another size, nearest pixel. */
function resized(canvas: Canvas, toWidth: number, toHeight: number): Uint8Array {
  const pixels = new Uint8Array(toWidth * toHeight * 4).fill(255)
  for (let y = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      const from = (Math.floor((y * height) / toHeight) * width + Math.floor((x * width) / toWidth)) * 3
      pixels.set(canvas.pixels.subarray(from, from + 3), (y * toWidth + x) * 4)
    }
  }
  return pixels
}

describe('the frame number in the pixels', () => {
  test('reads back for any number it can hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_534 }), (frame) => {
        expect(readFrameNumber(coded(frame).pixels, width, height)).toBe(frame)
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    [1280, 720],
    [1920, 1080],
    [320, 180],
    [390, 219],
  ])('reads back as RGBA from a %i x %i player', (w, h) => {
    for (const frame of [0, 1, 42, 239, 43_690])
      expect(readFrameNumber(resized(coded(frame), w, h), w, h)).toBe(frame)
  })

  test('is no number when one cell is flipped, grey or covered', () => {
    const { left, top, cell, bits } = FRAME_CODE
    for (let i = 0; i <= bits; i++) {
      for (const change of [(level: number) => 255 - level, () => 128]) {
        const { pixels } = coded(171)
        for (let y = top; y < top + cell.height; y++) {
          const from = (y * width + left + i * cell.width) * 3
          pixels.set(pixels.slice(from, from + cell.width * 3).map(change), from)
        }
        expect(readFrameNumber(pixels, width, height)).toBeUndefined()
      }
    }
  })

  test('is no number in a black, a white or a grey picture', () => {
    for (const level of [0, 128, 255]) {
      expect(readFrameNumber(new Uint8Array(width * height * 3).fill(level), width, height)).toBeUndefined()
    }
  })

  test.each([-1, 1.5, 65_535, Number.NaN])('is refused for %d', (frame) => {
    expect(() => coded(frame)).toThrow(RangeError)
  })
})
