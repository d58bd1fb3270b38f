import type { CallRecord } from '../../calls/record.js';
import { HTTP_ROUTE, LLM, SESSION_ID, USER_ID } from '../attributes.js';
import { pathOfRoute } from '../spans/span-attributes.js';

/** High-cardinality attribute of the metrics `llm.*`, enabled by the option `metricAttributes`. */
export type MetricAttribute = 'http.route' | 'llm.tenant' | 'user.id' | 'session.id';

/** Getters of the attributes from a record; `null`: not available. */
export const METRIC_ATTRIBUTES: ReadonlyArray<
  readonly [name: MetricAttribute, of: (record: CallRecord) => string | null]
> = [
  [HTTP_ROUTE, ({ route }) => (route === null ? null : pathOfRoute(route))],
  [LLM.TENANT, ({ identity }) => identity.tenantId ?? null],
  [USER_ID, ({ identity }) => identity.userId ?? null],
  [SESSION_ID, ({ identity }) => identity.sessionId ?? null],
];
