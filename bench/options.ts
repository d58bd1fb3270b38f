import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** A short form of under a minute: fewer rounds, and in memory only where nothing else is asked for. */
  readonly quick: boolean;
  /** Exit with 1 where a figure is passed. */
  readonly check: boolean;
  readonly transports: ReadonlyArray<'memory' | 'http'>;
  /** Only the scenarios whose name has this in it. */
  readonly only: string;
  /** Only these variants (beside `bare`), by their names with commas between them; empty: all. */
  readonly variants: readonly string[];
}

export function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      transport: { type: 'string', default: '' },
      only: { type: 'string', default: '' },
      variants: { type: 'string', default: '' },
    },
  });
  const transports = (values.transport || (values.quick ? 'memory' : 'memory,http')).split(',');
  return {
    quick: values.quick,
    check: values.check,
    transports: (['memory', 'http'] as const).filter((name) => transports.includes(name)),
    only: values.only,
    variants: values.variants.split(',').filter(Boolean),
  };
}
