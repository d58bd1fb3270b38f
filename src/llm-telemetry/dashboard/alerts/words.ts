import type { AlertNames, AlertUnit } from '../api/alerts.js';
import { DAY, HOUR, MINUTE } from './time.js';

const SECOND = 1000;
/** Names come from outside, and may be of any length. */
const LONGEST_NAME = 80;

/** A value as people read it: `13.4 s`, `8.4%`, `$1.20 an hour`. */
export function valueWords(value: number, unit: AlertUnit): string {
  switch (unit) {
    case 'ms':
      return durationWords(value);
    case 'ratio':
      return `${digits(value * 100)}%`;
    case 'usd':
      return usdWords(value);
    case 'usd_per_hour':
      return `${usdWords(value)} an hour`;
    case 'per_minute':
      return `${digits(value)} a minute`;
    case 'calls':
      return digits(value);
  }
}

/** `840 ms`, `1.84 s`, `1.4 min`. */
function durationWords(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  return ms < MINUTE ? `${digits(ms / SECOND)} s` : `${digits(ms / MINUTE)} min`;
}

/** A length of time that was chosen: `5 min`, `1 h`, `7 days`. */
export function periodWords(ms: number): string {
  if (ms >= 2 * DAY && ms % DAY === 0) return `${ms / DAY} days`;
  if (ms >= HOUR && ms % HOUR === 0) return `${ms / HOUR} h`;
  return ms >= MINUTE ? `${digits(ms / MINUTE)} min` : `${digits(ms / SECOND)} s`;
}

export function usdWords(usd: number): string {
  if (usd === 0) return '$0';
  if (usd < 0.001) return '<$0.001';
  return usd < 1 ? `$${usd.toFixed(3)}` : `$${usd.toFixed(2)}`;
}

/** Three digits that matter; whole where it is a large number. */
export function digits(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(3)));
}

/** `order_dashboard/summarize`, `gpt-4o-mini`; empty for the application as a whole. */
export function namesWords(names: AlertNames): string {
  return Object.entries(names)
    .map(([dimension, name]) => (name === null || name === undefined ? `no ${dimension}` : nameWords(name)))
    .join('/');
}

/** On one line, and not longer than a line. */
export function nameWords(name: string): string {
  const line = name.replace(/\p{C}+/gu, ' ');
  return line.length > LONGEST_NAME ? `${line.slice(0, LONGEST_NAME)}…` : line;
}
