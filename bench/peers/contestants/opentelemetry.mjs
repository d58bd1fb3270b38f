import { metrics } from '@opentelemetry/api';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';

/** @type {import('../contestant.js').Start} */
export function start({ sdks }) {
  const instrumentation = new OpenAIInstrumentation();
  // `registerInstrumentations` does this; before, it has no metrics.
  instrumentation.setMeterProvider(metrics.getMeterProvider());
  // Without a loader hook, the module has to be patched by hand.
  for (const definition of instrumentation.init()) definition.patch({ ...sdks.openai });
  return {};
}
