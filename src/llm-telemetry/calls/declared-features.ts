const KEY = Symbol.for('nestjs-llm-telemetry.features.v1');

/** Kept under a registered symbol: another copy of the library in this process may decorate classes too. */
const features: Set<string> = ((globalThis as unknown as Record<symbol, Set<string> | undefined>)[KEY] ??=
  new Set());

/** Registers the feature of a decorator. */
export function declareFeature(name: string): void {
  features.add(name);
}

/** Returns the features of all decorators that were evaluated. */
export function declaredFeatures(): ReadonlySet<string> {
  return features;
}
