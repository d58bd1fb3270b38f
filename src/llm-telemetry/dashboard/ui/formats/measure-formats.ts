import { count, duration, money, moneyLike, percent, wholeCount } from './formats.js';
import { MINUTE, SECOND } from '../../../units/time.js';

/** Formats of a kind of value. */
export interface MeasureFormat {
  /** Formats a single value. */
  readonly text: (value: number) => string;
  /** Formats several values with one precision. */
  readonly texts: (values: readonly number[]) => (value: number) => string;
  /** Formats a tick of an axis up to `top` in steps of `step`. */
  readonly tick: (value: number, top: number, step?: number) => string;
  /** True if ticks must be integers. */
  readonly whole?: boolean;
}

const alike = (text: (value: number) => string) => (): ((value: number) => string) => text;

export const USD: MeasureFormat = { text: money, texts: moneyLike, tick: moneyTick };
export const CALLS: MeasureFormat = {
  text: wholeCount,
  texts: alike(wholeCount),
  tick: countTick,
  whole: true,
};
export const TOKENS: MeasureFormat = { text: count, texts: alike(count), tick: countTick, whole: true };
export const RATIO: MeasureFormat = { text: percent, texts: alike(percent), tick: ratioTick };
export const MS: MeasureFormat = { text: duration, texts: alike(duration), tick: durationTick };

function moneyTick(value: number, _top: number, step = value): string {
  if (value === 0) return '$0';
  return value >= 1e4 ? `$${countTick(value)}` : `$${plain(value, decimalsOf(step))}`;
}

/** Formats without an exponent: `0.0000005`, not `5e-7`. */
function plain(value: number, decimals: number): string {
  return value.toFixed(Math.min(20, decimals));
}

/** Returns the decimals that a step needs, used for all labels of an axis: 2 for 0.25, 3 for 0.005. */
function decimalsOf(step: number): number {
  const [digits = '', exponent = '0'] = step.toPrecision(4).split('e');
  const decimals = (digits.split('.')[1] ?? '').replace(/0+$/, '').length;
  return Math.max(0, decimals - Number(exponent));
}

function countTick(value: number): string {
  const short = (scaled: number): number => Number(scaled.toPrecision(4));
  if (value >= 1e9) return `${short(value / 1e9)}B`;
  if (value >= 1e6) return `${short(value / 1e6)}M`;
  return value >= 1e4 ? `${short(value / 1e3)}K` : wholeCount(value);
}

function ratioTick(value: number, _top: number, step = value): string {
  return value === 0 ? '0%' : `${plain(value * 100, decimalsOf(step * 100))}%`;
}

function durationTick(value: number, top: number, step = value): string {
  if (value === 0) return '0';
  if (top < 1000) return `${plain(value, decimalsOf(step))} ms`;
  const [unit, name] = top < 2 * MINUTE ? [SECOND, 's'] : [MINUTE, 'm'];
  return `${plain(value / unit, Math.min(3, decimalsOf(step / unit)))} ${name}`;
}
