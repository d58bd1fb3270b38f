import type { AlertName, AlertNames } from './definitions/alerts-answer.js';

/** Returns the stable key of an instance: `error_ratio{feature="support_chat"}`. */
export function instanceKey(name: AlertName, names: AlertNames): string {
  const labels = Object.entries(names)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([dimension, value]) => `${dimension}=${JSON.stringify(value)}`);
  return `${name}{${labels.join(',')}}`;
}
