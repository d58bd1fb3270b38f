import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';

/** Minimal request to OpenAI. */
export function chat(text = 'Say hello.'): ChatCompletionCreateParamsNonStreaming {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content: text }] };
}

/** Minimal request to Anthropic. */
export function message(text = 'Say hello.'): MessageCreateParamsNonStreaming {
  return { model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user', content: text }] };
}
