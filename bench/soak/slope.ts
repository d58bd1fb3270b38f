export interface Sample {
  readonly x: number;
  readonly y: number;
}

/** Returns the slope of the least-squares line and its standard error. */
export function slopeOf(samples: readonly Sample[]): { slope: number; error: number } {
  const count = samples.length;
  const meanX = samples.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = samples.reduce((sum, { y }) => sum + y, 0) / count;
  const spread = samples.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const slope = samples.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const residual = samples.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(residual / (count - 2) / spread) };
}
