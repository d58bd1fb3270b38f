import type { FinishReason, KnownFinishReason } from '../finish-reason.js';

/**
 * Finish reasons of Chat Completions in all dialects, and of the APIs behind gateways and servers, which pass on the
 * reasons of the model's maker. Keys are in the form that `wordOf` returns.
 */
const WORDS: ReadonlyMap<string, KnownFinishReason> = new Map([
  // OpenAI API reference, “Chat Completions” and “Responses”.
  ['stop', 'stop'],
  ['length', 'length'],
  ['max_output_tokens', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
  // Anthropic API reference, “Messages”.
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'context_window'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'paused'],
  // Types of @google/genai 3, `FinishReason`. https://github.com/QwenLM/qwen-code/issues/9882
  ['safety', 'content_filter'],
  ['recitation', 'content_filter'],
  ['blocklist', 'content_filter'],
  ['prohibited_content', 'content_filter'],
  ['spii', 'content_filter'],
  ['image_safety', 'content_filter'],
  ['malformed_function_call', 'error'],
  ['unexpected_tool_call', 'error'],
  // Types of @aws-sdk/client-bedrock-runtime 3, `StopReason`.
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['malformed_model_output', 'error'],
  ['malformed_tool_use', 'error'],
  // Cohere API reference, “Chat”.
  ['complete', 'stop'],
  ['tool_call', 'tool_calls'],
  ['error_limit', 'context_window'],
  ['error_toxic', 'content_filter'],
  // Mistral API reference, “Chat”. https://github.com/laravel/ai/issues/955
  ['model_length', 'context_window'],
  // DeepSeek API reference, “Create Chat Completion”.
  ['insufficient_system_resource', 'error'],
  // Together API reference, “Chat”; Text Generation Inference, “Messages API”.
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  // Zhipu API reference, “Chat Completions”.
  ['sensitive', 'content_filter'],
  ['network_error', 'error'],
  // vLLM and SGLang: the engine stopped the request. https://github.com/vllm-project/vllm/issues/57082
  ['abort', 'error'],
  ['error', 'error'],
]);

/** Returns the normalized finish reason; the provider's own word if it is not a known one. */
export function finishOfWord(reason: string): FinishReason {
  const known = WORDS.get(reason);
  if (known !== undefined || reason.length > MAX_WORD) return known ?? reason;
  return WORDS.get(wordOf(reason)) ?? reason;
}

/** Characters. Longer texts are not words. */
const MAX_WORD = 64;

/** Gateways write `MAX_TOKENS`, `tool-calls`, or the name of a constant, such as `FinishReason.STOP`. */
function wordOf(reason: string): string {
  return reason
    .slice(reason.lastIndexOf('.') + 1)
    .toLowerCase()
    .replaceAll('-', '_');
}
