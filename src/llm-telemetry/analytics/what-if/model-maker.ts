import { canonicalName } from '../../pricing/model-name.js';

/** Names tell who made a model, wherever it is bought: Bedrock and Azure sell several makers' models. */
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

/** Who made a model, and its tokenizer; a provider that is not among the known makers stands for itself. */
export function makerOf(provider: string, model: string): string {
  const name = canonicalName(model);
  return MAKERS.find(([, pattern]) => pattern.test(name))?.[0] ?? provider;
}
