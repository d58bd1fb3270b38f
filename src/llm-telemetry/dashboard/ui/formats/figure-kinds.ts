import { count, duration, money, moneyLike, percent, wholeCount } from './formats.js';

/** How values of a kind are written: alone, beside each other, and on an axis. */
export interface FigureKind {
  /** A value alone. */
  readonly text: (value: number) => string;
  /** Several values beside each other, in one precision. */
  readonly texts: (values: readonly number[]) => (value: number) => string;
  /** On an axis that goes up to `top`. */
  readonly tick: (value: number, top: number) => string;
  /** Ticks are whole numbers. */
  readonly whole?: boolean;
}

const alike = (text: (value: number) => string) => (): ((value: number) => string) => text;

export const USD: FigureKind = { text: money, texts: moneyLike, tick: moneyTick };
export const CALLS: FigureKind = { text: wholeCount, texts: alike(wholeCount), tick: countTick, whole: true };
export const TOKENS: FigureKind = { text: count, texts: alike(count), tick: countTick, whole: true };
export const RATIO: FigureKind = { text: percent, texts: alike(percent), tick: ratioTick };
export const MS: FigureKind = { text: duration, texts: alike(duration), tick: durationTick };

function moneyTick(value: number): string {
  if (value === 0) return '0';
  // As many digits as the step has: 0.25, 0.005.
  return value >= 1e4 ? `$${countTick(value)}` : `$${Number(value.toPrecision(4))}`;
}

function countTick(value: number): string {
  const short = (scaled: number): number => Number(scaled.toPrecision(4));
  if (value >= 1e9) return `${short(value / 1e9)}B`;
  if (value >= 1e6) return `${short(value / 1e6)}M`;
  return value >= 1e4 ? `${short(value / 1e3)}K` : wholeCount(value);
}

function ratioTick(value: number): string {
  return `${Number((value * 100).toPrecision(4))}%`;
}

function durationTick(value: number, top: number): string {
  if (value === 0) return '0';
  if (top < 1000) return `${value} ms`;
  return top < 120_000
    ? `${Number((value / 1000).toPrecision(4))} s`
    : `${Number((value / 60_000).toPrecision(4))} m`;
}
