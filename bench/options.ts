import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Runs the short form, in four minutes: fewer rounds, and in memory only unless `transports` is set. */
  readonly quick: boolean;
  /** Exits with 1 if a limit is exceeded. */
  readonly check: boolean;
  readonly transports: ReadonlyArray<'memory' | 'http'>;
  /** Selects the scenarios whose name contains this text. */
  readonly only: string;
  /** Names of the variants to run in addition to `bare`. Empty: all. */
  readonly variants: readonly string[];
  /** Measures the library beside its peers instead, each in a process of its own. */
  readonly peers: boolean;
  /** Names of the contestants to measure in addition to this library (`peers/contestants.ts`). Empty: all. */
  readonly contestants: readonly string[];
  /** File for the results of `peers`. Default: the stored results, from which the page is generated. */
  readonly out: string;
}

export function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      transport: { type: 'string', default: '' },
      only: { type: 'string', default: '' },
      variants: { type: 'string', default: '' },
      peers: { type: 'boolean', default: false },
      contestants: { type: 'string', default: '' },
      out: { type: 'string', default: '' },
    },
  });
  const transports = (values.transport || (values.quick ? 'memory' : 'memory,http')).split(',');
  return {
    quick: values.quick,
    check: values.check,
    transports: (['memory', 'http'] as const).filter((name) => transports.includes(name)),
    only: values.only,
    variants: values.variants.split(',').filter(Boolean),
    peers: values.peers,
    // Names may contain commas.
    contestants: values.contestants.split(';').filter(Boolean),
    out: values.out,
  };
}
