import type { RuleTest } from '../support/promtool.js';

/** Traffic, and the labels of the alerts that fire at given minutes. */
export interface RuleCase extends Omit<RuleTest, 'everySeconds'> {
  readonly name: string;
  /** Interval of samples. Longer for cases of several days. */
  readonly everySeconds?: number;
}

export const OF_SERVICE = { job: 'shop' };
export const OF_FEATURE = { job: 'shop', llm_feature: 'orders' };
export const OF_OPERATION = { ...OF_FEATURE, llm_operation: 'summarize' };
export const OF_MODEL = { job: 'shop', gen_ai_response_model: 'gpt-4o-mini' };

export const HOUR = 60;
export const DAY = 24 * HOUR;
