import type { Dimension } from '../../store/measures.js';

export const DIMENSIONS: readonly Dimension[] = [
  'feature',
  'operation',
  'provider',
  'model',
  'route',
  'tenant',
];

/** They have rollups of their own, without the others, without quantiles and by the hour. */
export const ALONE: ReadonlySet<Dimension> = new Set(['route', 'tenant']);
