import type OpenAI from 'openai';
import { answeringTier, proxyCost } from './openai-request.js';
import { fullText, type Answer } from './provider.js';

type SdkResponse = OpenAI.Responses.Response;

/** Response on the wire; the SDK adds `output_text`. */
export type SentResponse = Omit<SdkResponse, 'output_text'>;
export type OutputItem = OpenAI.Responses.ResponseOutputItem;
type Status = NonNullable<SdkResponse['status']>;

/** Builds the response object of a status. Source: API reference, “The response object”. */
export function responseObject(answer: Answer, moment: 'queued' | 'in_progress' | 'ended'): SentResponse {
  const { request, finish } = answer;
  const { body } = request;
  const hasEnded = moment === 'ended';
  const status = hasEnded ? STATUS[finish] : moment;
  return {
    id: answer.id,
    object: 'response',
    created_at: answer.created,
    ...(status === 'completed' ? { completed_at: answer.created } : {}),
    status,
    background: body['background'] === true,
    error:
      hasEnded && finish === 'failed'
        ? {
            code: answer.failedWith as OpenAI.Responses.ResponseError['code'],
            message: 'The model failed to generate a response.',
          }
        : null,
    incomplete_details: hasEnded ? incompleteDetails(finish) : null,
    instructions: typeof body['instructions'] === 'string' ? body['instructions'] : null,
    max_output_tokens: (body['max_output_tokens'] as number | undefined) ?? null,
    model: answer.model,
    output: hasEnded ? outputItems(answer) : [],
    parallel_tool_calls: true,
    previous_response_id: (body['previous_response_id'] as string | undefined) ?? null,
    reasoning: { effort: request.reasons ? 'medium' : null, summary: null },
    service_tier: hasEnded ? answeringTier(body) : 'auto',
    temperature: (body['temperature'] as number | undefined) ?? 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: (body['tools'] as OpenAI.Responses.Tool[] | undefined) ?? [],
    top_p: 1,
    truncation: 'disabled',
    access_programs: null,
    metadata: {},
    ...(hasEnded && finish !== 'failed' ? { usage: usage(answer), tool_usage: toolUsage(answer) } : NO_USAGE),
  };
}

/** The provider sends `null`; the types only allow `undefined`. */
const NO_USAGE = { usage: null as unknown as undefined };

const STATUS: Readonly<Record<Answer['finish'], Status>> = {
  stop: 'completed',
  tool_calls: 'completed',
  refusal: 'completed',
  length: 'incomplete',
  content_filter: 'incomplete',
  // Responses has no equivalent.
  paused: 'incomplete',
  failed: 'failed',
};

function incompleteDetails(finish: Answer['finish']): SentResponse['incomplete_details'] {
  if (finish === 'length') return { reason: 'max_output_tokens' };
  return finish === 'content_filter' ? { reason: 'content_filter' } : null;
}

function usage(answer: Answer): OpenAI.Responses.ResponseUsage & { cost?: number } {
  const { inputTokens } = answer.request;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: answer.cachedInputTokens, cache_write_tokens: 0 },
    output_tokens: answer.outputTokens,
    output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
    total_tokens: inputTokens + answer.outputTokens,
    ...proxyCost(answer.proxyCostUsd),
  };
}

function toolUsage(answer: Answer): SentResponse['tool_usage'] {
  return {
    image_gen: {
      input_tokens: 0,
      input_tokens_details: { image_tokens: 0, text_tokens: 0 },
      output_tokens: 0,
      total_tokens: 0,
    },
    web_search: { num_requests: answer.webSearches },
  };
}

/** Builds the output items in order: reasoning, web search, then the message or tool call. */
export function outputItems(answer: Answer): OutputItem[] {
  const items: OutputItem[] = [];
  if (answer.finish === 'failed') return items;
  if (answer.reasoningTokens > 0) {
    items.push({ id: idOf(answer, 'rs_'), type: 'reasoning', summary: [] });
  }
  if (answer.webSearches > 0) {
    items.push({
      id: idOf(answer, 'ws_'),
      type: 'web_search_call',
      status: 'completed',
      action: { type: 'search', query: 'example', queries: ['example'] },
    });
  }
  const said = spokenItem(answer);
  return said ? [...items, said] : items;
}

type SpokenItem = OpenAI.Responses.ResponseOutputMessage | OpenAI.Responses.ResponseFunctionToolCall;

/** Builds the item that is streamed in deltas; `null` without output. */
export function spokenItem(answer: Answer): SpokenItem | null {
  const { finish } = answer;
  if (finish === 'failed') return null;
  const text = fullText(answer);
  if (answer.tool) {
    return {
      id: idOf(answer, 'fc_'),
      type: 'function_call',
      call_id: idOf(answer, 'call_'),
      name: answer.tool.name,
      arguments: text,
      status: finish === 'tool_calls' ? 'completed' : 'incomplete',
    };
  }
  if (text === '' && finish !== 'stop') return null;
  return {
    id: idOf(answer, 'msg_'),
    type: 'message',
    role: 'assistant',
    status: finish === 'stop' || finish === 'refusal' ? 'completed' : 'incomplete',
    content: [spokenPart(finish, text)],
  };
}

export function spokenPart(
  finish: Answer['finish'],
  text: string,
): OpenAI.Responses.ResponseOutputText | OpenAI.Responses.ResponseOutputRefusal {
  return finish === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', text, annotations: [], logprobs: [] };
}

function idOf(answer: Answer, prefix: string): string {
  return prefix + answer.id.slice(-12);
}
