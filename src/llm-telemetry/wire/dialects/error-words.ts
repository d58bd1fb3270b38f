import type { ErrorHint } from '../response-draft.js';

/**
 * Words and texts by which providers report a condition that their status does not tell. The texts are only searched
 * and never retained, because they can quote the prompt.
 */

const CONTEXT: readonly RegExp[] = [
  // Anthropic API.
  /prompt is too long/i,
  // Anthropic API. https://github.com/strands-agents/harness-sdk/pull/1078
  /input length and `?max_tokens`? exceed context limit/i,
  // OpenAI, vLLM, SGLang, OpenRouter. https://github.com/PrimeIntellect-ai/nano-rlm/issues/162
  /maximum context length (?:is|of) \d/i,
  // vLLM: “The decoder prompt (length N) is longer than the maximum model length of M”.
  // https://github.com/xorbitsai/inference/issues/3785
  /longer than the maximum model length/i,
  // Mistral: “Prompt contains N tokens and 0 draft tokens, too large for model with M maximum context length”.
  /too large for model with \d+ maximum context length/i,
  // Gemini API: “The input token count (N) exceeds the maximum number of tokens allowed (M)”.
  // https://github.com/google-gemini/gemini-cli/issues/12214
  /input token count.{0,40}exceeds the maximum/i,
  // xAI: “This model's maximum prompt length is N but the request contains M tokens”.
  // https://github.com/cline/cline/issues/3120
  /maximum prompt length is \d/i,
  // Amazon Bedrock: “Input is too long for requested model”, “Too many input tokens”.
  /input is too long|too many input tokens/i,
  // Cohere: “too many tokens: size limit exceeded by N tokens”. https://github.com/Quansight/ragna/pull/351
  /too many tokens: /i,
  // llama.cpp, `server-context.cpp`.
  /exceeds the available context size/i,
  // ds4 and other servers beside llama.cpp. https://github.com/aaif-goose/goose/pull/11046
  /configured context size is \d/i,
  // Alibaba Cloud Model Studio, “Error messages”. https://github.com/anomalyco/opencode/pull/45834
  /range of input length should be/i,
  // Text Generation Inference: “`inputs` tokens + `max_new_tokens` must be <= N”.
  // https://github.com/huggingface/text-generation-inference/issues/628
  /`?inputs`? (?:tokens \+ `?max_new_tokens`? )?must (?:be <=|have less than) \d/i,
  // Groq, Together: “Please reduce the length of the messages or completion”.
  /reduce the length of (?:the|your) (?:messages|prompt|input)/i,
  // OpenAI, if a gateway omits the code: “Your input exceeds the context window of this model”.
  // https://github.com/code-yeongyu/senpi/pull/1466
  /exceeds (?:(?:the|this) )?(?:model.?s )?context window/i,
  // “Input length (N) exceeds model's maximum context length (M)”. https://github.com/earendil-works/pi/issues/5677
  /exceeds (?:the )?(?:model.?s )?maximum context length/i,
  // SGLang, Together. https://github.com/ranxianglei/billion-context/pull/493
  /longer than the model.?s context length/i,
  // OpenRouter, LM Studio, MiniMax, Kimi, Ollama, GitHub Copilot. https://github.com/earendil-works/pi/issues/129
  /exceeds (?:the )?maximum allowed input length/i,
  /greater than the context length/i,
  /context window exceeds limit/i,
  /exceeded model token limit/i,
  /prompt too long; exceeded (?:max )?context length/i,
  /prompt token count of \d+ exceeds the limit/i,
  // Zhipu documentation, “API Codes”, 1261.
  /prompt exceeds max length/i,
  // LiteLLM proxies, for errors of any provider.
  /ContextWindowExceededError/,
];

const QUOTA: readonly RegExp[] = [
  // Anthropic API.
  /credit balance is too low/i,
  // Anthropic API. https://github.com/anthropics/claude-code/issues/38035
  /reached your specified API usage limits/i,
  // xAI: “used all available credits or reached its monthly spending limit”.
  /used all available credits|monthly spending limit/i,
  // xAI. https://github.com/gptme/gptme-contrib/pull/1678
  /run out of credits/i,
  // OpenRouter, behind gateways with 429. https://github.com/NousResearch/hermes-agent/pull/93455
  /insufficient credits/i,
  // DeepSeek, MiniMax, Zhipu: “Insufficient Balance”.
  /insufficient[ _](?:account )?balance/i,
  // LiteLLM proxies, with 400 and varying types. https://github.com/BerriAI/litellm/issues/4208
  /budget has been exceeded/i,
  // xAI, with 403. https://github.com/continuedev/continue/issues/12670
  /have any credits or licenses/i,
  // Cohere: “a Trial key, which is limited to 1000 API calls / month”.
  // https://github.com/diegosouzapw/OmniRoute/pull/12252
  /limited to [\d,]+ API calls \/ month/i,
  // Cloudflare Workers AI, “Errors”, 3036: the allocation of a day.
  /used up your daily free allocation/i,
];

const CONTENT: readonly RegExp[] = [
  // Anthropic API.
  /output blocked by content filtering policy/i,
  // OpenAI, with the code `invalid_prompt`. https://github.com/BeehiveInnovations/pal-mcp-server/issues/178
  /flagged as potentially violating our usage policy/i,
  // OpenRouter documentation, “Errors and Debugging”, moderation errors, with 403.
  /requires moderation on .{1,60}your input was flagged/i,
  // Cloudflare AI Gateway documentation, “Guardrails”, errors 2016 and 2017.
  /blocked due to security configurations/i,
  // Zhipu documentation, “API Codes”, 1301, in both languages.
  /unsafe or sensitive content|不安全或敏感内容/i,
  // LiteLLM proxies, for errors of any provider.
  /ContentPolicyViolationError/,
];

const HINTS: ReadonlyArray<readonly [hint: ErrorHint, texts: readonly RegExp[]]> = [
  ['context_window_exceeded', CONTEXT],
  ['quota_exhausted', QUOTA],
  ['content_filter', CONTENT],
];

/** Texts whose error has a misleading code, with the code of OpenAI or Anthropic that fits. */
const CODES_BY_TEXT: ReadonlyArray<readonly [text: RegExp, code: string]> = [
  // Alibaba Cloud Model Studio, “Error messages”: a limit of tokens per minute, with the code `insufficient_quota`.
  // https://github.com/openclaw/openclaw/pull/148275
  [/^allocated quota exceeded/i, 'rate_limit_error'],
  // Cloudflare Workers AI documentation, “Errors”, 3040, with 429: “Out of capacity”.
  [/no more data centers to forward the request to/i, 'server_is_overloaded'],
  // xAI, with 400. https://github.com/continuedev/continue/issues/10778
  [/^incorrect api key provided/i, 'API_KEY_INVALID'],
];

/** Returns the code that an error text reports more precisely than its own code; `null` for other texts. */
export function codeOfText(message: string): string | null {
  return CODES_BY_TEXT.find(([text]) => text.test(message))?.[1] ?? null;
}

/** Characters of an error text that are searched. Providers quote the prompt at the end. */
const MAX_SEARCHED = 4096;

/** Returns the condition that an error text reports; `null` if it reports none that is known. */
export function hintIn(message: string): ErrorHint | null {
  const text = message.length > MAX_SEARCHED ? message.slice(0, MAX_SEARCHED) : message;
  if (text === '') return null;
  for (const [hint, texts] of HINTS) if (texts.some((pattern) => pattern.test(text))) return hint;
  return null;
}

/**
 * Conditions by code of MiniMax, which sends errors with the status 200. Source: MiniMax API documentation, “Error Codes”
 * (https://platform.minimax.io/docs/api-reference/errorcode).
 */
const MINIMAX_CODES: ReadonlyMap<number, string> = new Map([
  [1001, 'timeout_error'],
  [1002, 'rate_limit_error'],
  [1004, 'authentication_error'],
  [1008, 'insufficient_quota'],
  [1013, 'api_error'],
  [1024, 'api_error'],
  [1026, 'content_filter'],
  [1027, 'content_filter'],
  [1033, 'api_error'],
  [1039, 'rate_limit_error'],
  [1041, 'rate_limit_error'],
  [2013, 'invalid_prompt'],
  [2049, 'invalid_api_key'],
  [2056, 'insufficient_quota'],
]);

/** Returns the code, in OpenAI's or Anthropic's words, of MiniMax's numeric code. */
export function wordOfMinimaxCode(code: number): string {
  return MINIMAX_CODES.get(code) ?? `minimax_${code}`;
}
