import type { Dimension } from '../../store/measures.js';

/** All dimensions; the compiler checks completeness. */
const ALL = {
  feature: true,
  operation: true,
  provider: true,
  model: true,
  route: true,
  tenant: true,
  user: true,
} as const satisfies Record<Dimension, true>;

export const DIMENSIONS = Object.keys(ALL) as readonly Dimension[];
