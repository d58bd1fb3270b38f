import { canonicalName } from '../../pricing/model-name.js';

/** Makers by model name, because Bedrock and Azure serve models of several makers. */
const MAKERS: ReadonlyArray<readonly [maker: string, name: RegExp]> = [
  ['anthropic', /claude/],
  ['openai', /^(?:ft:)?(?:gpt-|chatgpt-|o\d|text-embedding-|davinci|babbage)/],
  ['google', /gemini|gemma/],
  ['meta', /llama/],
  ['mistral', /mistral|mixtral|ministral|codestral|magistral/],
  ['deepseek', /deepseek/],
  ['alibaba', /qwen/],
  ['x_ai', /grok/],
  ['cohere', /^command/],
];

/** Returns the maker of a model, which determines its tokenizer; the provider if the maker is unknown. */
export function makerOf(provider: string, model: string): string {
  const name = canonicalName(model);
  return MAKERS.find(([, pattern]) => pattern.test(name))?.[0] ?? provider;
}
