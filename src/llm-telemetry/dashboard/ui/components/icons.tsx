import type { ComponentChildren } from 'preact';

/** Decorative icon: always used beside text. */
function Icon({ size, children }: { size: number; children: ComponentChildren }) {
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const Mark = () => (
  <svg viewBox="0 0 20 20" fill="currentColor" aria-hidden="true">
    <rect x="1" y="11" width="4" height="8" rx="1.2" opacity=".45" />
    <rect x="8" y="6" width="4" height="13" rx="1.2" opacity=".7" />
    <rect x="15" y="1" width="4" height="18" rx="1.2" />
  </svg>
);

export const Triangle = () => (
  <svg viewBox="0 0 12 12" width="12" height="12" fill="currentColor" aria-hidden="true">
    <path d="M6 .8 11.6 11H.4Z" />
  </svg>
);

export const Clock = () => (
  <Icon size={12}>
    <circle cx="6" cy="6" r="4.8" stroke-width="1.5" />
    <path d="M6 3.4V6l1.8 1.3" stroke-width="1.4" />
  </Icon>
);

export const Check = () => (
  <Icon size={12}>
    <path d="m2 6.4 2.7 2.8L10 3.4" stroke-width="1.9" />
  </Icon>
);

/** Truncated response. */
export const Cut = () => (
  <Icon size={12}>
    <path d="M1 6h6M9.5 2v8" />
  </Icon>
);

export const Cross = () => (
  <Icon size={12}>
    <path d="m2.5 2.5 7 7m0-7-7 7" />
  </Icon>
);

export const Dot = () => (
  <svg viewBox="0 0 12 12" width="12" height="12" fill="currentColor" aria-hidden="true">
    <circle cx="6" cy="6" r="3" />
  </svg>
);

export const Info = () => (
  <Icon size={12}>
    <circle cx="6" cy="6" r="5" stroke-width="1.3" />
    <path d="M6 5.4v3M6 3.3v.4" stroke-width="1.5" />
  </Icon>
);

export const Caret = () => (
  <svg
    class="caret"
    viewBox="0 0 10 10"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d="m2 3.5 3 3 3-3" />
  </svg>
);

/** Marks a row that is a link. */
export const Chevron = () => (
  <svg
    class="chevron"
    viewBox="0 0 10 10"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d="m3.5 2 3 3-3 3" />
  </svg>
);

export const HalfMoon = () => (
  <Icon size={16}>
    <circle cx="8" cy="8" r="5.6" stroke-width="1.5" />
    <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2Z" fill="currentColor" stroke="none" />
  </Icon>
);

const ICONS = { triangle: Triangle, clock: Clock, check: Check, cross: Cross, cut: Cut, dot: Dot };

/** State as an icon and a word, so that color is never the only signal. */
export function StateLabel({
  tone,
  icon,
  children,
}: {
  tone: 'bad' | 'warn' | 'ok' | 'plain' | 'quiet';
  icon: keyof typeof ICONS;
  children: ComponentChildren;
}) {
  const Icon = ICONS[icon];
  return (
    <span class={`state ${tone}`}>
      <Icon />
      {children}
    </span>
  );
}

/** Color mark of a series. */
export function Swatch({ color }: { color: number }) {
  return <i class={`swatch k${color}`} aria-hidden="true" />;
}
