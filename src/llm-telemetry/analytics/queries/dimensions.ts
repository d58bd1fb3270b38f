import type { Dimension } from '../../store/measures.js';

/** Every dimension, checked by the compiler. */
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
