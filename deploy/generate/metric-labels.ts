import {
  ERROR_TYPE as ERROR_TYPE_ATTRIBUTE,
  GEN_AI,
  LLM,
  SERVER_ADDRESS,
  SERVER_PORT,
} from '../../src/llm-telemetry/sinks/attributes.js';
import { METRIC_ATTRIBUTES } from '../../src/llm-telemetry/sinks/metrics/metric-attributes.js';
import { labelName } from './naming.js';

/** Labels that rules and dashboards select and group by. */
export const FEATURE = labelName(LLM.FEATURE);
export const OPERATION = labelName(LLM.OPERATION);
export const MODEL = labelName(GEN_AI.RESPONSE_MODEL);
export const TOKEN_TYPE = labelName(GEN_AI.TOKEN_TYPE);
export const ERROR_TYPE = labelName(LLM.ERROR_TYPE);

/** Returns the labels that series of a metric can have. */
export function labelsOf(metric: string): readonly string[] {
  const all = metric.startsWith('llm.') ? CALL_ATTRIBUTES : ATTEMPT_ATTRIBUTES;
  return [...all, ...(MORE_ATTRIBUTES[metric] ?? [])].map(labelName);
}

/** Optional labels of the metrics `llm.*`, enabled by `metricAttributes`. */
export const OPTIONAL_LABELS: readonly string[] = METRIC_ATTRIBUTES.map(([name]) => labelName(name));

const CALL_ATTRIBUTES = [LLM.FEATURE, LLM.OPERATION, GEN_AI.PROVIDER_NAME, GEN_AI.RESPONSE_MODEL];

const ATTEMPT_ATTRIBUTES = [
  GEN_AI.OPERATION_NAME,
  GEN_AI.PROVIDER_NAME,
  GEN_AI.REQUEST_MODEL,
  GEN_AI.RESPONSE_MODEL,
  SERVER_ADDRESS,
  SERVER_PORT,
];

/** Additional attributes by metric. */
const MORE_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  'llm.tokens': [GEN_AI.TOKEN_TYPE],
  'llm.errors': [LLM.ERROR_TYPE],
  'llm.attempts': [LLM.IS_RETRY, LLM.ERROR_TYPE],
  'gen_ai.client.operation.duration': [ERROR_TYPE_ATTRIBUTE],
  'gen_ai.client.inference.duration': [ERROR_TYPE_ATTRIBUTE],
  'gen_ai.client.token.usage': [GEN_AI.TOKEN_TYPE],
  'gen_ai.client.inference.usage.input_tokens': [GEN_AI.TOKEN_MODALITY],
  'gen_ai.client.inference.usage.output_tokens': [GEN_AI.TOKEN_MODALITY],
  'gen_ai.client.inference.usage.cache_read.input_tokens': [GEN_AI.TOKEN_MODALITY],
  'gen_ai.client.inference.usage.cache_write.input_tokens': [GEN_AI.TOKEN_MODALITY],
  'gen_ai.client.inference.usage.reasoning.output_tokens': [GEN_AI.TOKEN_MODALITY],
};
