import { createSignal, onCleanup } from 'solid-js'

/** What the controls need to know of a video, and what they can do to it. */
export interface Playback {
  /** Seconds: when the frame on screen begins, or the bare position without a frame rate. */
  time: () => number
  /** Seconds; 0 until the video has told. */
  length: () => number
  playing: () => boolean
  rate: () => number
  /** The frame on screen, from 0; undefined without a frame rate. */
  frame: () => number | undefined
  /** The moment for a link, whole milliseconds: the middle of the frame, which no rounding moves elsewhere. */
  moment: () => number
  seek: (seconds: number) => void
  /** Moves by whole frames, or by tenths of a second without a frame rate. */
  step: (frames: number) => void
  toggle: () => void
  setRate: (rate: number) => void
  /** Handlers for the video element. */
  attach: (video: HTMLVideoElement) => void
}

/**
 * Follows a video element frame by frame. Seeking aims at the middle of a frame: its very beginning may
 * round to the frame before, and then the number shown would not be the frame on screen.
 *
 * @param fps frames per second, null when unknown
 * @param start seconds to begin at, from a `?t=` link
 */
export function createPlayback(fps: () => number | null, start: () => number | undefined): Playback {
  let video: HTMLVideoElement | undefined
  const [time, setTime] = createSignal(0)
  const [length, setLength] = createSignal(0)
  const [playing, setPlaying] = createSignal(false)
  const [rate, setRate] = createSignal(1)
  // A hair is added because the time of frame 3 at 30 fps may come as 0.0999999.
  const frameAt = (seconds: number): number | undefined => {
    const perSecond = fps()
    return perSecond ? Math.max(0, Math.floor(seconds * perSecond + 0.02)) : undefined
  }
  const middle = (frame: number): number => (frame + 0.5) / (fps() ?? 1)
  const seek = (seconds: number): void => {
    if (!video) return
    const frame = frameAt(Math.max(0, seconds))
    const wanted = frame === undefined ? seconds : middle(frame)
    const last = length() > 0 ? length() - 0.5 / (fps() ?? 100) : wanted
    video.currentTime = Math.max(0, Math.min(wanted, last))
    setTime(video.currentTime)
  }
  const step = (frames: number): void => {
    video?.pause()
    const frame = frameAt(time())
    seek(frame === undefined ? time() + frames / 10 : middle(Math.max(0, frame + frames)))
  }
  const attach = (element: HTMLVideoElement): void => {
    video = element
    const on = (name: keyof HTMLMediaElementEventMap, run: () => void): void => {
      element.addEventListener(name, run)
      onCleanup(() => element.removeEventListener(name, run))
    }
    on('loadedmetadata', () => {
      if (Number.isFinite(element.duration)) setLength(element.duration)
      const from = start()
      if (from !== undefined && element.currentTime === 0) seek(from)
    })
    on('play', () => setPlaying(true))
    on('pause', () => setPlaying(false))
    on('ratechange', () => setRate(element.playbackRate))
    on('timeupdate', () => setTime(element.currentTime))
    on('seeked', () => setTime(element.currentTime))
    followFrames(element, setTime)
  }
  const begin = (): number => {
    const frame = frameAt(time())
    return frame === undefined ? time() : frame / (fps() ?? 1)
  }
  return {
    time: begin,
    length,
    playing,
    rate,
    frame: () => frameAt(time()),
    moment: () => {
      const frame = frameAt(time())
      return Math.round(1000 * (frame === undefined ? time() : middle(frame)))
    },
    seek,
    step,
    toggle: () => void (video?.paused ? video.play().catch(() => setPlaying(false)) : video?.pause()),
    setRate: (next) => {
      if (video) video.playbackRate = next
    },
    attach,
  }
}

/** `timeupdate` comes four times a second; this tells of every frame while the video plays. */
function followFrames(video: HTMLVideoElement, tell: (seconds: number) => void): void {
  if (!('requestVideoFrameCallback' in video)) return
  let handle = 0
  const next = (_now: number, frame: { mediaTime: number }): void => {
    if (!video.paused) tell(frame.mediaTime)
    handle = video.requestVideoFrameCallback(next)
  }
  handle = video.requestVideoFrameCallback(next)
  onCleanup(() => video.cancelVideoFrameCallback(handle))
}

/**
 * The moment of a `?t=` link in seconds: `12840ms`, `12.84s` or `12.84`.
 *
 * @returns undefined for anything else
 */
export function readMoment(text: string | undefined): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s)?$/.exec(text ?? '')
  if (!match) return undefined
  const value = Number(match[1])
  return match[2] === 'ms' ? value / 1000 : value
}
