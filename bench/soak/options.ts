import { parseArgs } from 'node:util';

/** Leaks that can be seeded, to check that the soak detects them. */
export const LEAKS = ['none', 'records', 'scopes', 'timers', 'listeners'] as const;
export type Leak = (typeof LEAKS)[number];

export interface SoakOptions {
  readonly seconds: number;
  /** Number of concurrent calls. */
  readonly concurrency: number;
  /** Maximum heap growth per call after garbage collection, in bytes. */
  readonly bytesPerCall: number;
  readonly leak: Leak;
}

/** @throws TypeError for invalid values. */
export function readOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '600' },
      concurrency: { type: 'string', default: '40' },
      'bytes-per-call': { type: 'string', default: '64' },
    },
  });
  const leak = LEAKS.find((name) => name === (process.env['SOAK_LEAK'] || 'none'));
  if (!leak) throw new TypeError(`SOAK_LEAK is one of ${LEAKS.join(', ')}.`);
  return {
    seconds: positive('seconds', values.seconds),
    concurrency: positive('concurrency', values.concurrency),
    bytesPerCall: positive('bytes-per-call', values['bytes-per-call']),
    leak,
  };
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new TypeError(`--${name} is a number above 0, not ${value}.`);
  return number;
}
