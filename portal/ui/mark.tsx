import type { JSX } from 'solid-js'

/** The product's mark: a trace, and where it stands now. */
export function Mark(props: { size?: number }): JSX.Element {
  return (
    <svg width={props.size ?? 22} height={props.size ?? 22} viewBox="0 0 32 32" aria-hidden="true">
      <rect
        x="0.75"
        y="0.75"
        width="30.5"
        height="30.5"
        rx="7"
        fill="#0e2328"
        stroke="#5fd6d6"
        stroke-opacity="0.35"
        stroke-width="1.5"
      />
      <path
        d="M5 20h5l3-9 5 13 3-8h2.5"
        fill="none"
        stroke="#5fd6d6"
        stroke-width="2.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
      <circle cx="25.5" cy="16" r="2.3" fill="#f4b545" />
    </svg>
  )
}
