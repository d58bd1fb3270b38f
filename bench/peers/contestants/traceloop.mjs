import { AnthropicInstrumentation } from '@traceloop/instrumentation-anthropic';
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai';

/** @type {import('../contestant.js').Start} */
export function start({ sdks }) {
  new OpenAIInstrumentation({ traceContent: false }).manuallyInstrument(sdks.openai.OpenAI);
  // It needs the class of text completions, which version 1 of the SDK does not have.
  new AnthropicInstrumentation({ traceContent: false }).manuallyInstrument(sdks.anthropic);
  return {};
}
