import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import Check from 'lucide-solid/icons/check'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import ChevronRight from 'lucide-solid/icons/chevron-right'
import Link from 'lucide-solid/icons/link'
import Maximize from 'lucide-solid/icons/maximize'
import Pause from 'lucide-solid/icons/pause'
import Play from 'lucide-solid/icons/play'
import { For, type JSX, Show } from 'solid-js'
import type { Episode } from '../api.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import menu from '../ui/menu.module.css'
import type { Playback } from './playback.ts'
import css from './player.module.css'

const RATES = [0.1, 0.25, 0.5, 1, 2, 4]

/** Play, frame by frame, speed, and a link to this very moment. */
export function PlayerControls(props: {
  playback: Playback
  episode: Episode
  fullscreen: () => void
}): JSX.Element {
  const unit = () => (props.episode.fps ? 'One frame' : 'A tenth of a second')
  const link = () => {
    const url = new URL(`/portal/episodes/${props.episode.id}`, location.origin)
    url.searchParams.set('t', `${props.playback.moment()}ms`)
    return url.href
  }
  return (
    <div class={css.controls}>
      <Button
        icon
        variant="ghost"
        aria-label={props.playback.playing() ? 'Pause' : 'Play'}
        title={props.playback.playing() ? 'Pause (Space)' : 'Play (Space)'}
        onClick={props.playback.toggle}
      >
        <Show
          when={props.playback.playing()}
          fallback={<Play size={16} fill="currentColor" aria-hidden="true" />}
        >
          <Pause size={16} fill="currentColor" aria-hidden="true" />
        </Show>
      </Button>
      <Button
        icon
        variant="ghost"
        aria-label={`${unit()} back`}
        title={`${unit()} back (←)`}
        onClick={() => props.playback.step(-1)}
      >
        <ChevronLeft size={17} aria-hidden="true" />
      </Button>
      <Button
        icon
        variant="ghost"
        aria-label={`${unit()} on`}
        title={`${unit()} on (→)`}
        onClick={() => props.playback.step(1)}
      >
        <ChevronRight size={17} aria-hidden="true" />
      </Button>
      <p class={css.where}>
        <span>{props.playback.time().toFixed(2)}</span>
        <span class={css.length}> / {props.playback.length().toFixed(2)} s</span>
        <Show when={props.playback.frame() !== undefined}>
          <span class={css.frame}>
            <span class={css.dim}>frame</span> {props.playback.frame()}
          </span>
        </Show>
      </p>
      <CopyMoment link={link()} />
      <Rate playback={props.playback} />
      <Button icon variant="ghost" aria-label="Full screen" title="Full screen" onClick={props.fullscreen}>
        <Maximize size={15} aria-hidden="true" />
      </Button>
    </div>
  )
}

function CopyMoment(props: { link: string }): JSX.Element {
  return (
    <span class={css.moment}>
      <Link size={14} aria-hidden="true" />
      <CopyButton text={props.link} what="link to this moment" label="Copy link here" size="md" />
    </span>
  )
}

function Rate(props: { playback: Playback }): JSX.Element {
  return (
    <DropdownMenu placement="top-end" modal={false}>
      <DropdownMenu.Trigger
        class={buttonClass({ variant: 'ghost' })}
        aria-label={`Speed ${props.playback.rate()} times`}
        title="Speed"
      >
        {props.playback.rate()}×
      </DropdownMenu.Trigger>
      <DropdownMenu.Content class={menu.menu}>
        <DropdownMenu.RadioGroup
          value={String(props.playback.rate())}
          onChange={(rate) => props.playback.setRate(Number(rate))}
        >
          <DropdownMenu.GroupLabel class={menu.label}>Speed</DropdownMenu.GroupLabel>
          <For each={RATES}>
            {(rate) => (
              <DropdownMenu.RadioItem class={menu.item} value={String(rate)}>
                {rate}×
                <DropdownMenu.ItemIndicator class={menu.tick}>
                  <Check size={14} aria-hidden="true" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            )}
          </For>
        </DropdownMenu.RadioGroup>
      </DropdownMenu.Content>
    </DropdownMenu>
  )
}
