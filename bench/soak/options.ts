import { parseArgs } from 'node:util';

/** Leaks that can be seeded, to check that the soak detects them. */
export const LEAKS = ['none', 'records', 'scopes', 'timers', 'listeners'] as const;
export type Leak = (typeof LEAKS)[number];

export interface SoakOptions {
  readonly seconds: number;
  /** Calls per second, if the machine is fast enough. */
  readonly rate: number;
  /** Maximum number of concurrent calls. */
  readonly concurrency: number;
  /** Number of streams that are read slowly, beside the calls. */
  readonly streams: number;
  /** Maximum heap growth per call after garbage collection, in bytes. */
  readonly bytesPerCall: number;
  readonly leak: Leak;
}

/** @throws TypeError for invalid values. */
export function readOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '600' },
      rate: { type: 'string', default: '500' },
      concurrency: { type: 'string', default: '40' },
      streams: { type: 'string', default: '200' },
      'bytes-per-call': { type: 'string', default: '64' },
    },
  });
  const leak = LEAKS.find((name) => name === (process.env['SOAK_LEAK'] || 'none'));
  if (!leak) throw new TypeError(`SOAK_LEAK is one of ${LEAKS.join(', ')}.`);
  return {
    seconds: positive('seconds', values.seconds),
    rate: positive('rate', values.rate),
    concurrency: positive('concurrency', values.concurrency),
    streams: positive('streams', values.streams),
    bytesPerCall: positive('bytes-per-call', values['bytes-per-call']),
    leak,
  };
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new TypeError(`--${name} is a number above 0, not ${value}.`);
  return number;
}
