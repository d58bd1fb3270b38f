const KEY = Symbol.for('nestjs-llm-telemetry.features.v1');

/** Kept under a registered symbol: another copy of the library in this process may decorate classes too. */
const features: Set<string> = ((globalThis as unknown as Record<symbol, Set<string> | undefined>)[KEY] ??=
  new Set());

/** Registers a feature that a decorator names. */
export function declareFeature(name: string): void {
  features.add(name);
}

/** Returns the features that decorators of the loaded classes name. */
export function declaredFeatures(): ReadonlySet<string> {
  return features;
}
