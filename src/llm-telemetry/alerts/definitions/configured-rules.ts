import type { AlertDefinition } from './alert-definition.js';
import { ALERT_DEFINITIONS } from './alert-definitions.js';
import type { AlertsOptions, FeatureAlertLimit } from './alerts.options.js';

/** A definition with the application's limits. */
export interface ConfiguredRule extends AlertDefinition {
  readonly enabled: boolean;
  /** Limits by feature; `false`: disabled. */
  readonly features: ReadonlyMap<string, number | false>;
}

/** Returns all alerts with the application's limits. The options must be valid (`alerts.schema.ts`). */
export function configuredRules({ limits = {}, disabled = [] }: AlertsOptions): readonly ConfiguredRule[] {
  return ALERT_DEFINITIONS.map((definition) =>
    ruleOf(definition, limits[definition.name], !disabled.includes(definition.name)),
  );
}

function ruleOf(
  definition: AlertDefinition,
  given: number | FeatureAlertLimit | undefined,
  enabled: boolean,
): ConfiguredRule {
  const own: FeatureAlertLimit = typeof given === 'number' ? { limit: given } : (given ?? {});
  return {
    ...definition,
    limit: own.limit ?? definition.limit,
    windowMs: own.windowMs ?? definition.windowMs,
    forMs: own.forMs ?? definition.forMs,
    minimum: own.minimum ?? definition.minimum,
    enabled,
    features: new Map(Object.entries(own.features ?? {})),
  };
}
