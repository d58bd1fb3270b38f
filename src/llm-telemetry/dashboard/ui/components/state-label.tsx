import type { ComponentChildren } from 'preact';
import { Check, Clock, Cross, Cut, Dot, Triangle } from './icons.js';

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
