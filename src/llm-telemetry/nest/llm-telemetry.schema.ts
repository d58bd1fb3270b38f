import type { BudgetLedger } from '../budgets/budget-ledger.js';
import { budgetsSchema } from '../budgets/budget.schema.js';
import { contentSchema } from '../calls/content.schema.js';
import { alertsSchema } from '../alerts/definitions/alerts.schema.js';
import { dashboardSchema } from '../dashboard/server/settings/dashboard.schema.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { pricingSchema } from '../pricing/pricing.schema.js';
import { METRIC_ATTRIBUTES } from '../sinks/metrics/metric-attributes.js';
import { SEMCONVS, type SemconvOptions } from '../sinks/attributes.js';
import type { ServiceOptions } from '../runtime/service-identity.js';
import { storeSchema } from '../store/store.schema.js';
import { describeType, describeValue } from '../validation/message-text.js';
import { isObject, pathText, problemsIn, type Path } from '../validation/problems.js';
import {
  boolean,
  callback,
  chosen,
  listOf,
  objectOf,
  oneOf,
  optional,
  text,
  value,
} from '../validation/schema.js';

const semconvOptions = objectOf<SemconvOptions>({
  names: optional(oneOf(SEMCONVS)),
  metrics: optional(boolean),
});

const optionsSchema = objectOf<LlmTelemetryOptions>({
  enabled: optional(boolean),
  pricing: optional(pricingSchema),
  content: optional(contentSchema),
  includeStreamUsage: optional(boolean),
  requestContext: optional(callback),
  semconv: optional(chosen((input) => (isObject(input) ? semconvOptions : oneOf(SEMCONVS)))),
  store: optional(storeSchema),
  service: optional(
    objectOf<ServiceOptions>({
      name: optional(text('the name of the service')),
      version: optional(text('the version of the service')),
      environment: optional(text('the name of the environment')),
      instance: optional(text('the name of the process')),
    }),
  ),
  metricAttributes: optional(
    listOf(oneOf(METRIC_ATTRIBUTES.map(([name]) => name)), 'a list of attribute names'),
  ),
  onCall: optional(callback),
  errorStatuses: optional(listOf(text('a finish reason such as "length"'), 'a list of finish reasons')),
  dashboard: optional(dashboardSchema),
  alerts: optional(alertsSchema),
  budgets: optional(budgetsSchema),
  budgetLedger: optional(value('an object with the method spent', isLedger)),
});

/** Returns a sentence for each problem with the options of an application. */
export function problemsInOptions(options: object): readonly string[] {
  const problems = problemsIn(optionsSchema, options, (input, path) =>
    isSecret(path) ? describeType(input) : describeValue(input),
  );
  return [...new Set(problems.map((problem) => problem.sentence(pathText)))];
}

/** A string instead of one of these objects is likely the secret that belongs into it. */
function isSecret([first, second, third]: Path): boolean {
  if (first === 'alerts') return second === undefined || second === 'webhook' ? third !== 'timeoutMs' : false;
  return first === 'dashboard' && (second === undefined || second === 'token');
}

function isLedger(input: unknown): boolean {
  if (!isObject(input)) return false;
  const { spent, add, shareBudget, close } = input as Partial<BudgetLedger>;
  return (
    typeof spent === 'function' &&
    [add, shareBudget, close].every((method) => method === undefined || typeof method === 'function')
  );
}
