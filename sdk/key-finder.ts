import { findKeys } from './key-format.ts'

/** A key in a stream of text: line and column, counted from 1 as editors do, and its public part. */
export interface KeyPlace {
  line: number
  column: number
  key_prefix: string
}

/** Looks for keys in a text that comes in pieces, however it was cut. */
export interface KeyFinder {
  /** The keys that are known to be there now. */
  push: (piece: string) => KeyPlace[]
  /** The one that may stand at the very end. */
  end: () => KeyPlace[]
}

/** Longer than any key, with the character before it and the one after: what a cut can hide. */
const KEPT = 62

/** @example const finder = makeKeyFinder(); const found = [...finder.push('rt_8a4f01'), ...finder.end()] */
export function makeKeyFinder(): KeyFinder {
  let text = ''
  /** How much of the whole lies before `text`, up to where keys were reported, and where the present line began. */
  let before = 0
  let reported = 0
  let counted = 0
  let line = 1
  let line_start = 0

  function countTo(at: number): void {
    for (;;) {
      const feed = text.indexOf('\n', counted - before)
      if (feed < 0 || feed + before >= at) break
      line++
      line_start = feed + before + 1
      counted = line_start
    }
    counted = Math.max(counted, at)
  }

  function look(isEnd: boolean): KeyPlace[] {
    const places: KeyPlace[] = []
    for (const { start, end, key_prefix } of findKeys(text)) {
      // What touches the cut may go on beyond it, and what begins at the cut behind it may have begun before.
      const isCut = (end === text.length && !isEnd) || (start === 0 && before > 0)
      if (isCut || before + start < reported) continue
      reported = before + end
      countTo(before + start)
      places.push({ line, column: before + start - line_start + 1, key_prefix })
    }
    return places
  }

  return {
    push(piece) {
      text += piece
      const places = look(false)
      const cut = Math.max(0, text.length - KEPT)
      countTo(before + cut)
      text = text.slice(cut)
      before += cut
      return places
    },
    end: () => look(true),
  }
}
