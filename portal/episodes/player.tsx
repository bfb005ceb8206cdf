import VideoOff from 'lucide-solid/icons/video-off'
import { createSignal, type JSX, onMount, Show } from 'solid-js'
import { artifactUrl, type Episode } from '../api.ts'
import { buttonClass } from '../ui/button.tsx'
import { useShortcuts } from '../ui/keyboard.ts'
import type { Playback } from './playback.ts'
import css from './player.module.css'
import { PlayerControls } from './player-controls.tsx'
import { Scrubber } from './scrubber.tsx'

/** The recording itself, with controls that count in frames. */
export function Player(props: { episode: Episode; playback: Playback }): JSX.Element {
  let stage: HTMLDivElement | undefined
  let video: HTMLVideoElement | undefined
  const [broken, setBroken] = createSignal(false)
  const [retried, setRetried] = createSignal(false)
  const source = () => artifactUrl(props.episode.id, 'video')
  const play = () => props.playback
  onMount(() => video && play().attach(video))
  useShortcuts({
    ' ': () => play().toggle(),
    ArrowLeft: (event) => (event.shiftKey ? play().seek(play().time() - 1) : play().step(-1)),
    ArrowRight: (event) => (event.shiftKey ? play().seek(play().time() + 1) : play().step(1)),
    f: () => props.episode.failure_time_s !== null && play().seek(props.episode.failure_time_s),
  })
  // A signed address lasts an hour: a player left open for longer fetches a new one, once, and goes on.
  const onError = (): void => {
    if (!video || retried() || video.error?.code === MediaError.MEDIA_ERR_DECODE || play().time() === 0) {
      setBroken(true)
      return
    }
    setRetried(true)
    const at = play().time()
    video.load()
    video.addEventListener('loadedmetadata', () => play().seek(at), { once: true })
  }
  const fullscreen = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen()
    else void stage?.requestFullscreen()
  }
  return (
    <section class={css.player} ref={stage} aria-label="Player">
      <div class={css.stage}>
        <video
          ref={video}
          class={css.video}
          src={source()}
          preload="auto"
          playsinline
          muted
          aria-label={`Video of ${props.episode.name ?? props.episode.id}`}
          onClick={() => play().toggle()}
          onError={onError}
        />
        <Show when={broken()}>
          <div class={css.broken} role="alert">
            <VideoOff size={22} aria-hidden="true" />
            <p>This browser cannot play this video. Its file may use a codec that browsers do not know.</p>
            <a class={buttonClass()} href={`${source()}?download=1`} download="">
              Download the video
            </a>
          </div>
        </Show>
      </div>
      <div class={css.bar}>
        <Scrubber playback={props.playback} failure_time_s={props.episode.failure_time_s} />
        <PlayerControls playback={props.playback} episode={props.episode} fullscreen={fullscreen} />
      </div>
    </section>
  )
}
