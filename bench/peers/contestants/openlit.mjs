import { trace } from '@opentelemetry/api';
import openlit from 'openlit';

/** USD per thousand tokens. */
const PRICES = {
  'gpt-4o-mini': { promptPrice: 0.00015, completionPrice: 0.0006 },
  'claude-haiku-4-5': { promptPrice: 0.001, completionPrice: 0.005 },
};

/** @type {import('../contestant.js').Start} */
export function start(bench) {
  instrument(bench);
  return {};
}

/** @param {import('../contestant.js').Bench} bench */
export function instrument({ sdks }) {
  // OpenLIT uses the registered provider only if it has this method, which OpenTelemetry 2 removed.
  Object.assign(trace.getTracerProvider(), { addSpanProcessor() {} });
  openlit.default.init({
    instrumentations: { openai: sdks.openai, anthropic: sdks.anthropic },
    captureMessageContent: false,
    disableEvents: true,
    // Otherwise it downloads its price list.
    pricingJson: JSON.stringify({ chat: PRICES }),
  });
}
