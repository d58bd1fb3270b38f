import { AnthropicInstrumentation } from '@arizeai/openinference-instrumentation-anthropic';
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';

/** @type {import('../contestant.js').Start} */
export function start({ sdks }) {
  const traceConfig = { hideInputs: true, hideOutputs: true };
  new OpenAIInstrumentation({ traceConfig }).manuallyInstrument(sdks.openai.OpenAI);
  new AnthropicInstrumentation({ traceConfig }).manuallyInstrument(sdks.anthropic.Anthropic);
  return {};
}
